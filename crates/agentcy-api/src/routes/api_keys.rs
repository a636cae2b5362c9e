//! `/api-keys`: keys for programs.

use agentcy_core::{
    Action, ErrorCode, Realms, Role, Timestamp,
    id::{KeyId, UserId},
};
use agentcy_platform::api_keys::{self, ApiKey, IssuedKey, NewApiKey};
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, MaybeJson, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    respond::{Created, Done, PageView, Reply, created, issued},
    samples,
    state::AppState,
};

const COLLECTION: &str = "/api/v1/api-keys";
const ITEM: &str = "/api/v1/api-keys/{key_id}";
const ROTATE: &str = "/api/v1/api-keys/{key_id}/rotate";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(ITEM, get_with(read, read_docs).delete_with(revoke, revoke_docs))
        .api_route(ROTATE, post_with(rotate, rotate_docs))
}

/// A key to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApiKeyCreate {
    /// 1 to 100 characters, unique among the live keys.
    name: String,
    /// Not above one's own.
    role: Role,
    /// Not beyond one's own; all of one's own unless given.
    realms: Option<Realms>,
    /// When it runs out; never unless given.
    expires_at: Option<Timestamp>,
    /// Addresses or CIDR ranges it is good from; anywhere unless given.
    #[serde(default)]
    allowed_ips: Vec<String>,
    #[serde(default)]
    notes: String,
    /// Whether it may decide approvals.
    #[serde(default)]
    can_approve: bool,
}

/// How to rotate.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long the old secret stays good, 0 to 604800; a day unless given.
    grace_secs: Option<u32>,
}

/// A key without its secret.
#[derive(Debug, Serialize, JsonSchema)]
struct ApiKeyView {
    id: KeyId,
    name: String,
    notes: String,
    role: Role,
    realms: Realms,
    can_approve: bool,
    allowed_ips: Vec<String>,
    /// Tells two keys apart without telling the key.
    key_fingerprint: String,
    /// Until when the secret before the present one is good.
    previous_until: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    created_by: Option<UserId>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

/// A key with its secret, shown this once.
#[derive(Debug, Serialize, JsonSchema)]
struct IssuedKeyView {
    #[serde(flatten)]
    key_view: ApiKeyView,
    /// The whole key, to be sent as a bearer token or `X-Api-Key`.
    key: String,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            notes: key.notes.clone(),
            role: key.role,
            realms: key.realms.clone(),
            can_approve: key.can_approve,
            allowed_ips: key.allowed_ips.clone(),
            key_fingerprint: key.fingerprint.clone(),
            previous_until: key.previous_until,
            expires_at: key.expires_at,
            created_by: key.created_by,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

impl From<&IssuedKey> for IssuedKeyView {
    fn from(issued: &IssuedKey) -> Self {
        Self { key_view: (&issued.key).into(), key: issued.secret.expose_secret().to_owned() }
    }
}

#[tracing::instrument(name = "api.api_keys.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<ApiKeyView>>, ApiError> {
    let page = api_keys::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, |key| ApiKeyView::from(&key)))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "api_keys_list",
        tag: "api-keys",
        summary: "List API keys",
        description: "The live keys of the org, the newest first. Secrets are never shown again.",
        audience: Audience::May(Action::ApiKeyRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of keys.", PageView::sample(ApiKeyView::sample()))
}

#[tracing::instrument(name = "api.api_keys.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    ValidJson(body): ValidJson<ApiKeyCreate>,
) -> Result<Created, ApiError> {
    let ApiKeyCreate { name, role, realms, expires_at, allowed_ips, notes, can_approve } = body;
    let new = NewApiKey { name, role, realms, expires_at, allowed_ips, notes, can_approve };
    let draft = api_keys::create(&app.platform, &caller, new).await?;
    let location = format!("{COLLECTION}/{}", draft.value().key.id);
    created(draft, &once, location, |issued| IssuedKeyView::from(issued)).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "api_keys_create",
        tag: "api-keys",
        summary: "Create an API key",
        description: "The key is in the answer, this once. Its role and realms are not beyond your own.",
        audience: Audience::May(Action::ApiKeyCreate),
        errors: &[ErrorCode::UnknownRealm, ErrorCode::Taken],
    };
    created_docs(doc.of(op), "The key with its secret.", IssuedKeyView::sample())
}

#[tracing::instrument(name = "api.api_keys.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(key_id): IdPath<KeyId>,
) -> Result<Reply<ApiKeyView>, ApiError> {
    Ok(Reply((&api_keys::read(&app.platform, &caller, key_id).await?).into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "api_keys_read",
        tag: "api-keys",
        summary: "Read an API key",
        description: "Without its secret.",
        audience: Audience::May(Action::ApiKeyRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The key.", ApiKeyView::sample())
}

#[tracing::instrument(name = "api.api_keys.rotate", skip_all)]
async fn rotate(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    IdPath(key_id): IdPath<KeyId>,
    MaybeJson(body): MaybeJson<Rotation>,
) -> Result<Created, ApiError> {
    let draft = api_keys::rotate(&app.platform, &caller, key_id, body.grace_secs).await?;
    issued(draft, &once, |issued| IssuedKeyView::from(issued)).await
}

fn rotate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "api_keys_rotate",
        tag: "api-keys",
        summary: "Rotate an API key",
        description: "A new secret, in the answer this once. The old one stays good for `grace_secs`.",
        audience: Audience::May(Action::ApiKeyRotate),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The key with its new secret.", IssuedKeyView::sample())
}

#[tracing::instrument(name = "api.api_keys.revoke", skip_all)]
async fn revoke(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(key_id): IdPath<KeyId>,
) -> Result<Done, ApiError> {
    api_keys::revoke(&app.platform, &caller, key_id).await?;
    Ok(Done)
}

fn revoke_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "api_keys_revoke",
        tag: "api-keys",
        summary: "Revoke an API key",
        description: "It is no longer good, everywhere within a second.",
        audience: Audience::May(Action::ApiKeyRevoke),
        errors: &[ErrorCode::NotFound],
    };
    done(doc.of(op), "The key is dead.")
}

impl ApiKeyView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            name: "ci".to_owned(),
            notes: String::new(),
            role: Role::Member,
            realms: Realms::All,
            can_approve: false,
            allowed_ips: vec!["203.0.113.0/24".to_owned()],
            key_fingerprint: "9f86d081884c7d65".to_owned(),
            previous_until: None,
            expires_at: None,
            created_by: Some(samples::id()),
            created_at: samples::time(),
            last_used_at: None,
        }
    }
}

impl IssuedKeyView {
    fn sample() -> Self {
        let key = "ak_live_01976b4e7c0070008000000000000000_…".to_owned();
        Self { key_view: ApiKeyView::sample(), key }
    }
}
