//! The routes: a flat list of the groups, each in a module of its name, and the layers around them.

use agentcy_core::{Caller, ErrorCode, Feature};
use aide::{axum::ApiRouter, openapi::OpenApi};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_http::compression::CompressionLayer;

use crate::{
    docs,
    error::ApiError,
    http::{auth as authentication, cors, guard, idempotency, limit, outermost, sockets},
    places,
    state::AppState,
};

mod agents;
mod api_keys;
mod auth;
mod chat;
mod graph;
mod health;
mod hooks;
mod invites;
mod realms;
mod reference;
mod settings;
mod sources;
mod tasks;
mod users;
mod workers;

/// The façades that are served beside this one, at the same address.
pub struct Beside {
    /// Sockets, handed who asks for one.
    pub sockets: Router,
    /// The web UI's pages, for anybody.
    pub pages: Router,
}

/// The whole service: routes, layers, state, and the document in it.
pub fn router(app: AppState, beside: Beside) -> Router {
    router_with(app, beside, ApiRouter::new())
}

/// The same with more routes that need a credential.
pub fn router_with(app: AppState, beside: Beside, more: ApiRouter<AppState>) -> Router {
    let mut document = docs::frame();
    docs::configure();
    let routes = layered(&app, more).finish_api(&mut document);
    places::name(&mut document);
    let app = app.with_document(serde_json::to_vec(&document).unwrap_or_default().into());
    let routes = routes.merge(arriving(&app, beside.sockets)).merge(pages(&app, beside.pages));
    outermost(app, routes)
}

/// Sockets alone, beside what machines look at.
pub fn sockets_alone(app: AppState, sockets: Router) -> Router {
    let mut document = docs::frame();
    docs::configure();
    let probes = probes().layer(middleware::from_fn(outermost::remember_route));
    let routes = probes.finish_api(&mut document).merge(arriving(&app, sockets));
    outermost(app, routes)
}

fn arriving(app: &AppState, sockets: Router) -> Router<AppState> {
    sockets
        .with_state(())
        .layer(middleware::from_fn_with_state(app.clone(), sockets::arriving))
        .layer(middleware::from_fn_with_state(app.clone(), guard::entrance))
}

fn pages(app: &AppState, pages: Router) -> Router<AppState> {
    pages
        .with_state(())
        .layer(middleware::from_fn_with_state(app.clone(), guard::place))
        .layer(middleware::from_fn(outermost::remember_route))
}

/// A router of its own around the routes: whatever stands around a request is cloned with all that it holds, and a router
/// inside is one pointer.
fn outermost(app: AppState, routes: Router<AppState>) -> Router {
    let routes = routes
        .fallback(async || ApiError::new(ErrorCode::NotFound, "no such route"))
        .method_not_allowed_fallback(async || {
            ApiError::new(ErrorCode::MethodNotAllowed, "the route exists with other methods")
        })
        .with_state(app.clone());
    let around = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), outermost::outermost))
        .option_layer(cors::layer(&app.setup.cors_origins))
        .layer(middleware::from_fn_with_state(app, limit::time));
    Router::new().fallback_service(around.service(routes))
}

/// Every described route without layers, for the document alone.
pub(crate) fn describe(document: &mut OpenApi) {
    docs::configure();
    let routes = probes()
        .merge(public())
        .merge(hooks::router())
        .merge(protected())
        .merge(streaming())
        .merge(reading())
        .merge(workers::router())
        .merge(workers::daemon_router());
    let _: Router<AppState> = routes.finish_api(document);
    places::name(document);
}

fn layered(app: &AppState, more: ApiRouter<AppState>) -> ApiRouter<AppState> {
    let entrance = || middleware::from_fn_with_state(app.clone(), guard::entrance);
    let public = public()
        .layer(middleware::from_fn_with_state(app.clone(), limit::anonymous_rate))
        .layer(entrance());
    let hooks = hooks::router()
        .layer(middleware::from_fn_with_state(app.clone(), limit::hooks_rate))
        .layer(entrance());
    let handing_on = streaming()
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::once_handing_on));
    let protected = protected()
        .merge(gated(app, Feature::Workers, workers::router()))
        .merge(more)
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::once))
        .merge(handing_on)
        .merge(reading())
        .layer(middleware::from_fn_with_state(app.clone(), authentication::known))
        .layer(entrance());
    let bounded = public
        .merge(hooks)
        .merge(protected)
        .layer(GlobalConcurrencyLimitLayer::new(app.setup.concurrency));
    // Apart, since they wait for work and would hold the places of others.
    let daemons = workers::daemon_router()
        .layer(middleware::from_fn(limit::upload))
        .layer(middleware::from_fn_with_state(app.clone(), authentication::worker))
        .layer(entrance())
        .layer(GlobalConcurrencyLimitLayer::new(app.setup.concurrency));
    let probes = probes().layer(middleware::from_fn(outermost::remember_route));
    probes.merge(bounded).merge(daemons)
}

/// Looked at all the time by machines, by address: no rate, any host, and answered to the last, however busy.
fn probes() -> ApiRouter<AppState> {
    health::router()
}

/// Nobody is asked who they are.
fn public() -> ApiRouter<AppState> {
    ApiRouter::new().merge(auth::public_router()).merge(reference::router())
}

/// A credential is needed.
fn protected() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(auth::router())
        .merge(users::router())
        .merge(api_keys::router())
        .merge(settings::router())
        .merge(realms::router())
        .merge(invites::router())
        .merge(sources::router())
        .merge(chat::router())
        .merge(agents::router())
        .merge(tasks::router())
}

/// The same, where a repeat is answered by a stream once more.
fn streaming() -> ApiRouter<AppState> {
    ApiRouter::new().merge(chat::streaming_router()).merge(agents::streaming_router())
}

/// The same, where also a POST only asks: a repeat asks again, and no answer is kept for it.
fn reading() -> ApiRouter<AppState> {
    ApiRouter::new().merge(graph::router())
}

/// Routes of a feature: whoever has no credential is told so first, then 404 while it is off for the org.
pub fn gated(app: &AppState, feature: Feature, routes: ApiRouter<AppState>) -> ApiRouter<AppState> {
    routes.layer(middleware::from_fn_with_state((app.clone(), feature), gate))
}

async fn gate(
    State((app, feature)): State<(AppState, Feature)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return ApiError::from(agentcy_platform::Error::unauthenticated()).into_response();
    };
    match agentcy_platform::features::is_on(&app.platform, &caller, feature).await {
        Ok(true) => next.run(request).await,
        Ok(false) => {
            let message = format!("the feature {} is off", feature.name());
            ApiError::new(ErrorCode::FeatureDisabled, message).into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}
