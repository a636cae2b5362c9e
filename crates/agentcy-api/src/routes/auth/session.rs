//! `/auth/login`, `/auth/refresh`, `/auth/logout`: the life of a session.

use agentcy_core::{
    Action, ErrorCode, Role, Timestamp,
    id::{OrgId, UserId},
};
use agentcy_platform::auth::{self, Kind, Login, Origin, Session};
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, done, ok},
    error::ApiError,
    extract::{Known, Public, ValidJson},
    http::{
        auth::{Shown, cookie_name, is_secure, same_origin},
        meta::Meta,
    },
    respond::{Done, Reply},
    samples,
    state::{AppState, HttpSetup},
};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";

pub(super) fn public_router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(LOGIN, post_with(login, login_docs))
        .api_route(REFRESH, post_with(refresh, refresh_docs))
}

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(LOGOUT, post_with(logout, logout_docs))
}

/// Where the token of a session lives.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SessionKind {
    /// In the answer; send it as a bearer token.
    #[default]
    Bearer,
    /// In an HttpOnly cookie; the answer leaves it out.
    Cookie,
}

impl From<SessionKind> for Kind {
    fn from(kind: SessionKind) -> Self {
        match kind {
            SessionKind::Bearer => Self::Bearer,
            SessionKind::Cookie => Self::Cookie,
        }
    }
}

/// What to sign in with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    email: String,
    #[schemars(with = "String")]
    password: SecretString,
    #[serde(default)]
    session: SessionKind,
    /// The org to act in; the one joined first unless given.
    org_id: Option<OrgId>,
}

/// A session that began or went on.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SessionView {
    /// Left out when it lives in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    expires_at: Timestamp,
    user: SignedInView,
}

/// Who signed in.
#[derive(Debug, Serialize, JsonSchema)]
struct SignedInView {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    org_id: OrgId,
}

/// The answer to whoever signed in; the cookie, where one was asked for, dies with the session.
pub(super) fn answer(
    session: Session,
    setup: &HttpSetup,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let is_cookie = session.kind == Kind::Cookie;
    let token = session.token.expose_secret();
    let cookie = is_cookie.then(|| {
        let age = (session.expires_at - now).num_seconds().max(0);
        cookie(setup, token, age)
    });
    let user = session.user;
    let view = SessionView {
        token: (!is_cookie).then(|| token.to_owned()),
        expires_at: session.expires_at,
        user: SignedInView {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            org_id: user.org_id,
        },
    };
    let mut response = Reply(view).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie?);
    }
    Ok(response)
}

fn cookie(setup: &HttpSetup, token: &str, age: i64) -> Result<HeaderValue, ApiError> {
    let secure = if is_secure(setup) { "; Secure" } else { "" };
    let name = cookie_name(setup);
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    let mut value = HeaderValue::try_from(text).map_err(|error| {
        ApiError::new(ErrorCode::Internal, "the session could not be kept").caused_by(error)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn origin(meta: Meta) -> Origin {
    Origin { ip: meta.ip, request_id: meta.request_id }
}

#[tracing::instrument(name = "api.auth.login", skip_all)]
async fn login(
    Public(meta): Public,
    State(app): State<AppState>,
    ValidJson(body): ValidJson<LoginBody>,
) -> Result<Response, ApiError> {
    let LoginBody { email, password, session, org_id } = body;
    let login = Login { email, password, kind: session.into(), org_id };
    let session = auth::login(&app.platform, login, &origin(meta)).await?;
    answer(session, &app.setup, app.platform.now())
}

fn login_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_login",
        tag: "auth",
        summary: "Sign in",
        description: "With `\"session\":\"cookie\"` the token is set as an HttpOnly cookie and left out of the answer. An \
                      unknown account, a wrong password and a disabled member get the same refusal.",
        audience: Audience::Public,
        errors: &[ErrorCode::InvalidCredentials, ErrorCode::DefaultLoginLocalOnly],
    };
    ok(doc.of(op), "Signed in.", SessionView::sample())
}

#[tracing::instrument(name = "api.auth.refresh", skip_all)]
async fn refresh(State(app): State<AppState>, request: Request) -> Result<Response, ApiError> {
    // Not behind authentication: an old token must be seen here, to end the session it was stolen from.
    let (parts, _) = request.into_parts();
    let shown = Shown::of(&parts, &app.setup);
    if shown.is_cookie() {
        same_origin(&parts, &app.setup.public_url)?;
    }
    let session = auth::refresh(&app.platform, &shown.presented()).await?;
    answer(session, &app.setup, app.platform.now())
}

fn refresh_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_refresh",
        tag: "auth",
        summary: "Trade a token for a newer one",
        description: "The old token is good for nothing afterwards; shown here again it ends the session. A session ends \
                      30 days after it began.",
        audience: Audience::May(Action::SessionRefresh),
        errors: &[ErrorCode::Csrf],
    };
    ok(doc.of(op), "The newer token.", SessionView::sample())
}

#[tracing::instrument(name = "api.auth.logout", skip_all)]
async fn logout(State(app): State<AppState>, Known(caller): Known) -> Result<Response, ApiError> {
    auth::logout(&app.platform, &caller).await?;
    let mut response = Done.into_response();
    if matches!(caller.credential, agentcy_core::Credential::Cookie(_)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie(&app.setup, "", 0)?);
    }
    Ok(response)
}

fn logout_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_logout",
        tag: "auth",
        summary: "Sign out",
        description: "The session ends here at once, everywhere within a second.",
        audience: Audience::May(Action::SessionEnd),
        errors: &[ErrorCode::Csrf],
    };
    done(doc.of(op), "Signed out.")
}

impl SessionView {
    pub(super) fn sample() -> Self {
        Self {
            token: Some("eyJ…".to_owned()),
            expires_at: samples::time(),
            user: SignedInView {
                id: samples::id(),
                email: "ada@example.com".to_owned(),
                name: "Ada".to_owned(),
                role: Role::Owner,
                org_id: samples::id(),
            },
        }
    }
}
