//! `/auth/register`: a new person, by invitation or, where it is open, with an org of their own.

use agentcy_core::ErrorCode;
use agentcy_platform::auth::{self, NewAccount};
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::{extract::State, response::Response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use super::session::{SessionKind, SessionView, answer, origin};
use crate::{
    docs::{Audience, Doc, created},
    error::ApiError,
    extract::{Public, ValidJson},
    state::AppState,
};

const REGISTER: &str = "/api/v1/auth/register";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(REGISTER, post_with(register, register_docs))
}

/// Who wants in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    email: String,
    /// 12 to 256 characters.
    #[schemars(with = "String")]
    password: SecretString,
    name: String,
    /// The token of an invitation.
    #[schemars(with = "Option<String>")]
    invite_token: Option<SecretString>,
    /// The name of one's own org, where registration is open.
    org_name: Option<String>,
    #[serde(default)]
    session: SessionKind,
}

#[tracing::instrument(name = "api.auth.register", skip_all)]
async fn register(
    Public(meta): Public,
    State(app): State<AppState>,
    ValidJson(body): ValidJson<RegisterBody>,
) -> Result<Response, ApiError> {
    let RegisterBody { email, password, name, invite_token, org_name, session } = body;
    let new = NewAccount { email, password, name, invite_token, org_name, kind: session.into() };
    let session = auth::register(&app.platform, new, &origin(meta)).await?;
    let mut response = answer(session, &app.setup, app.platform.now())?;
    *response.status_mut() = StatusCode::CREATED;
    let location = HeaderValue::from_static("/api/v1/users/me");
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

fn register_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_register",
        tag: "auth",
        summary: "Register",
        description: "With `invite_token` one joins the org that invites; where registration is open, `org_name` makes \
                      a new org with oneself as its owner.",
        audience: Audience::Public,
        errors: &[ErrorCode::InsufficientRole, ErrorCode::Taken],
    };
    created(doc.of(op), "Registered and signed in.", SessionView::sample())
}
