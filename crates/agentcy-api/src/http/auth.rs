//! Who calls: takes what a request shows to the platform, and judges whether a cookie may be used from there.

use agentcy_core::{Caller, Credential, ErrorCode};
use agentcy_platform::{
    auth::{Presented, arrive, authenticate_worker},
    rates, workers,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, header, request::Parts};
use tracing::{Span, field};
use url::{Url, form_urlencoded};

use crate::{
    error::ApiError,
    http::{
        guard::{is_same_origin, needs_same_origin},
        limit::limited,
        meta::Meta,
    },
    state::{AppState, HttpSetup},
};

/// What a request shows, as texts that outlive it.
#[derive(Default)]
pub(crate) struct Shown {
    authorization: Option<String>,
    api_key: Option<String>,
    cookie: Option<String>,
    query: Option<String>,
    path: String,
    meta: Meta,
}

impl Shown {
    /// Reads it off a request. A header that stands twice, or is no text, shows something that nothing matches.
    pub(crate) fn of(parts: &Parts, setup: &HttpSetup) -> Self {
        let once = |name: &str| {
            let mut values = parts.headers.get_all(name).iter();
            let first = values.next()?;
            let text = first.to_str().ok().filter(|_| values.next().is_none());
            Some(text.unwrap_or_default().to_owned())
        };
        let query = parts.uri.query().filter(|_| parts.method == Method::GET).and_then(|query| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == "token").map(|(_, value)| value.into_owned())
        });
        Self {
            authorization: once("authorization"),
            api_key: once("x-api-key"),
            cookie: cookie(&parts.headers, cookie_name(setup)),
            query,
            path: parts.uri.path().to_owned(),
            meta: parts.extensions.get::<Meta>().cloned().unwrap_or_default(),
        }
    }

    /// As the platform takes it.
    pub(crate) fn presented(&self) -> Presented<'_> {
        Presented {
            authorization: self.authorization.as_deref(),
            api_key: self.api_key.as_deref(),
            cookie: self.cookie.as_deref(),
            query: self.query.as_deref(),
            path: &self.path,
            request_id: &self.meta.request_id,
            ip: self.meta.ip,
        }
    }

    /// Whether only the cookie speaks for the request.
    pub(crate) const fn is_cookie(&self) -> bool {
        self.authorization.is_none() && self.api_key.is_none() && self.cookie.is_some()
    }
}

/// `__Host-` needs a secure context, which plain loopback is not; anywhere else a cookie goes over TLS or not at all.
pub(crate) fn cookie_name(setup: &HttpSetup) -> &'static str {
    if is_secure(setup) { "__Host-agentcy_session" } else { "agentcy_session" }
}

/// Whether cookies are for TLS alone.
pub(crate) fn is_secure(setup: &HttpSetup) -> bool {
    setup.public_url.scheme() == "https" || !setup.is_loopback
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    let mut found =
        pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
    found.next().map(|(_, value)| value.to_owned())
}

/// Finds out who calls, counts the request, and passes the caller on.
pub(crate) async fn known(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let shown = Shown::of(&parts, &app.setup);
    let visitor = match arrive(&app.platform, &shown.presented()).await {
        Ok(visitor) => visitor,
        Err(error) => return refuse(&app, &shown, error.into()).await,
    };
    let caller = visitor.caller.clone();
    name_org(&caller);
    if matches!(caller.credential, Credential::Cookie(_))
        && let Err(error) = same_origin(&parts, &app.setup.public_url)
    {
        return error.into_response();
    }
    let rate = match rates::principal(&app.platform, &caller).await {
        Ok(rate) => rate,
        Err(error) => return ApiError::from(error).into_response(),
    };
    parts.extensions.insert(caller);
    parts.extensions.insert(visitor);
    limited(rate, next.run(Request::from_parts(parts, body))).await
}

/// Writes into the request's span whose it is, for all that is logged in it.
pub(crate) fn name_org(caller: &Caller) {
    Span::current().record("org.id", field::display(caller.org_id));
}

/// Lets daemons elsewhere in, by the worker token. Where there is none, there are no daemons.
pub(crate) async fn worker(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let off = || ApiError::new(ErrorCode::FeatureDisabled, "there are no workers elsewhere here");
    if !workers::have_token(&app.platform) {
        return off().into_response();
    }
    let (parts, body) = request.into_parts();
    let shown = Shown::of(&parts, &app.setup);
    if let Err(error) = authenticate_worker(&app.platform, shown.authorization.as_deref()) {
        return refuse(&app, &shown, error.into()).await;
    }
    if !workers::are_on(&app.platform) {
        return off().into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// A refused credential counts against its address, so that guessing has a price; a store that is away does not.
async fn refuse(app: &AppState, shown: &Shown, error: ApiError) -> Response {
    if error.code().status() >= 500 {
        return error.into_response();
    }
    match rates::anonymous(&app.platform, shown.meta.ip).await {
        Ok(rate) => limited(rate, async { error.into_response() }).await,
        Err(_) => error.into_response(),
    }
}

/// Refuses a request under a cookie that another site may have caused.
pub(crate) fn same_origin(parts: &Parts, public_url: &Url) -> Result<(), ApiError> {
    if needs_same_origin(&parts.method, &parts.headers)
        && !is_same_origin(&parts.headers, &parts.uri, public_url)
    {
        return Err(csrf());
    }
    Ok(())
}

/// A cookie that another site may have made use of.
pub(crate) fn csrf() -> ApiError {
    ApiError::new(ErrorCode::Csrf, "a request under a cookie must come from our own pages")
}
