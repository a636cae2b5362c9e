//! `/auth/me` and `/auth/config`: who one is, and how one may sign in.

use agentcy_core::{
    Action, Principal, Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use agentcy_platform::{
    auth::{self, Me},
    setup::Registration,
};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, Public},
    respond::Reply,
    samples,
    state::AppState,
};

const ME: &str = "/api/v1/auth/me";
const CONFIG: &str = "/api/v1/auth/config";

pub(super) fn public_router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(CONFIG, get_with(config, config_docs))
}

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ME, get_with(me, me_docs))
}

/// Who calls, where, and with which rights.
#[derive(Debug, Serialize, JsonSchema)]
struct MeView {
    /// The person or the API key, as an id.
    principal: String,
    /// Null for an API key.
    user: Option<PersonView>,
    org: OrgView,
    role: Role,
    realms: Realms,
    /// Whether they administer the platform.
    platform_admin: bool,
    /// `session`, `cookie`, `api_key`, `oidc` or `ticket`.
    credential: String,
    /// When the credential runs out.
    expires_at: Option<Timestamp>,
}

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
struct PersonView {
    id: UserId,
    email: String,
    name: String,
}

/// An org.
#[derive(Debug, Serialize, JsonSchema)]
struct OrgView {
    id: OrgId,
    name: String,
}

impl From<Me> for MeView {
    fn from(me: Me) -> Self {
        Self {
            principal: match me.principal {
                Principal::User(id) => id.to_string(),
                Principal::Key(id) => id.to_string(),
            },
            user: me.user.map(|it| PersonView { id: it.id, email: it.email, name: it.name }),
            org: OrgView { id: me.org_id, name: me.org_name },
            role: me.role,
            realms: me.realms,
            platform_admin: me.platform_admin,
            credential: me.credential.to_owned(),
            expires_at: me.expires_at,
        }
    }
}

/// What sign-in the UI shall offer.
#[derive(Debug, Serialize, JsonSchema)]
struct ConfigView {
    /// Whether e-mail and password are taken.
    password: bool,
    /// `closed`, `invite` or `open`.
    registration: String,
    /// The OpenID Connect issuer whose tokens are taken, if any.
    oidc_issuer: Option<String>,
    /// Whether the default password is still in force.
    default_login: bool,
}

#[tracing::instrument(name = "api.auth.me", skip_all)]
async fn me(State(app): State<AppState>, Known(caller): Known) -> Result<Reply<MeView>, ApiError> {
    Ok(Reply(auth::me(&app.platform, &caller).await?.into()))
}

fn me_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_me",
        tag: "auth",
        summary: "Who am I",
        description: "The caller, the org they act in, their rights, and what they showed.",
        audience: Audience::May(Action::SessionRead),
        errors: &[],
    };
    let example = MeView {
        principal: samples::id::<UserId>().to_string(),
        user: Some(PersonView {
            id: samples::id(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
        }),
        org: OrgView { id: samples::id(), name: "Default".to_owned() },
        role: Role::Owner,
        realms: Realms::All,
        platform_admin: false,
        credential: "session".to_owned(),
        expires_at: Some(samples::time()),
    };
    ok(doc.of(op), "The caller.", example)
}

#[tracing::instrument(name = "api.auth.config", skip_all)]
async fn config(_: Public, State(app): State<AppState>) -> Reply<ConfigView> {
    let config = auth::auth_config(&app.platform);
    Reply(ConfigView {
        password: config.password,
        registration: match config.registration {
            Registration::Closed => "closed",
            Registration::Invite => "invite",
            Registration::Open => "open",
        }
        .to_owned(),
        oidc_issuer: config.oidc_issuer,
        default_login: config.default_login,
    })
}

fn config_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "auth_config",
        tag: "auth",
        summary: "How to sign in",
        description: "For a UI, before anybody is signed in.",
        audience: Audience::Public,
        errors: &[],
    };
    let example = ConfigView {
        password: true,
        registration: "invite".to_owned(),
        oidc_issuer: None,
        default_login: false,
    };
    ok(doc.of(op), "What to offer.", example)
}
