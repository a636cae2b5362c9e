//! `/sources`: the systems that an org has connected.

use std::collections::BTreeMap;

use agentcy_core::{Action, ErrorCode, Realm, id::SourceId};
use agentcy_platform::{
    Change,
    sources::{self, GivenCredentials, NewSource, SourceUpdate},
};
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use self::view::SourceView;
use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    patch::Patch,
    respond::{Created, Done, PageView, Reply, created},
    state::AppState,
};

mod catalog;
mod content;
mod syncs;
mod view;

const COLLECTION: &str = "/api/v1/sources";
const ITEM: &str = "/api/v1/sources/{source_id}";
const VALIDATE: &str = "/api/v1/sources/validate";
const VALIDATE_STORED: &str = "/api/v1/sources/{source_id}/validate";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(
            ITEM,
            get_with(read, read_docs)
                .patch_with(update, update_docs)
                .delete_with(remove, remove_docs),
        )
        .api_route(VALIDATE, post_with(validate, validate_docs))
        .api_route(VALIDATE_STORED, post_with(validate_stored, validate_stored_docs))
        .merge(catalog::router())
        .merge(syncs::router())
        .merge(content::router())
}

/// A system to connect.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourceCreate {
    /// 1 to 100 characters, unique in the org whatever its case.
    name: String,
    /// A `source_type` of the catalog.
    source_type: String,
    /// Everything it says of the graph lies in this realm.
    realm: Realm,
    /// As the `config_schema` of the catalog asks.
    #[serde(default)]
    config: serde_json::Map<String, Value>,
    /// As the `credential_schema` of the catalog asks; kept encrypted and never shown again.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Option<String>>")]
    credentials: GivenCredentials,
}

/// What to change of a source.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourcePatch {
    name: Option<String>,
    /// What it said before moves there with the next sync.
    realm: Option<Realm>,
    /// Replaces the config whole.
    config: Option<serde_json::Map<String, Value>>,
    /// Each one named is changed: null removes it, its mask leaves it. Null for all removes all.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Option<String>>>")]
    credentials: Patch<BTreeMap<String, Option<SecretString>>>,
}

/// What to do with what it said.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RemoveQuery {
    /// Archives its part of the graph too; what others also assert stays.
    #[serde(default)]
    purge: bool,
}

impl From<SourceCreate> for NewSource {
    fn from(body: SourceCreate) -> Self {
        let SourceCreate { name, source_type, realm, config, credentials } = body;
        Self { name, source_type, realm, config: Value::Object(config), credentials }
    }
}

impl From<SourcePatch> for SourceUpdate {
    fn from(body: SourcePatch) -> Self {
        let SourcePatch { name, realm, config, credentials } = body;
        let credentials: Change<GivenCredentials> = credentials.0;
        Self { name, realm, config: config.map(Value::Object), credentials }
    }
}

#[tracing::instrument(name = "api.sources.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<SourceView>>, ApiError> {
    let page = sources::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, SourceView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_list",
        tag: "sources",
        summary: "List sources",
        description: "Those of the caller's realms, the newest first, each with its last sync.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of sources.", PageView::sample(SourceView::sample()))
}

#[tracing::instrument(name = "api.sources.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    ValidJson(body): ValidJson<SourceCreate>,
) -> Result<Created, ApiError> {
    let draft = sources::create(&app.platform, &caller, body.into()).await?;
    let location = format!("{COLLECTION}/{}", draft.value().id);
    created(draft, &once, location, |source| SourceView::from(source.clone())).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_create",
        tag: "sources",
        summary: "Connect a source",
        description: "Its settings are tried first. Nothing is synced yet: `POST /sources/{source_id}/sync` does that.",
        audience: Audience::May(Action::SourceCreate),
        errors: &[
            ErrorCode::UnknownRealm,
            ErrorCode::SourceValidationFailed,
            ErrorCode::UpstreamRefused,
            ErrorCode::UpstreamUnavailable,
            ErrorCode::Taken,
        ],
    };
    created_docs(doc.of(op), "The source.", SourceView::sample())
}

#[tracing::instrument(name = "api.sources.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Reply<SourceView>, ApiError> {
    Ok(Reply(sources::read(&app.platform, &caller, source_id).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_read",
        tag: "sources",
        summary: "Read a source",
        description: "Credentials are masked; a mask sent back means unchanged.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The source.", SourceView::sample())
}

#[tracing::instrument(name = "api.sources.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
    ValidJson(body): ValidJson<SourcePatch>,
) -> Result<Reply<SourceView>, ApiError> {
    let source = sources::update(&app.platform, &caller, source_id, body.into()).await?;
    Ok(Reply(source.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_update",
        tag: "sources",
        summary: "Change a source",
        description: "Settings that change are tried first. Changing where credentials are sent needs them anew.",
        audience: Audience::May(Action::SourceUpdate),
        errors: &[
            ErrorCode::NotFound,
            ErrorCode::UnknownRealm,
            ErrorCode::CredentialsRequired,
            ErrorCode::SourceValidationFailed,
            ErrorCode::UpstreamRefused,
            ErrorCode::UpstreamUnavailable,
            ErrorCode::Taken,
            ErrorCode::InUse,
        ],
    };
    ok(doc.of(op), "The source.", SourceView::sample())
}

#[tracing::instrument(name = "api.sources.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
    ValidQuery(query): ValidQuery<RemoveQuery>,
) -> Result<Done, ApiError> {
    sources::remove(&app.platform, &caller, source_id, query.purge).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_remove",
        tag: "sources",
        summary: "Disconnect a source",
        description: "What it said stays in the graph unless `purge=true`, which archives it in the background. That may be \
            asked for later as well, under the same id.",
        audience: Audience::May(Action::SourceDelete),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::SyncInProgress],
    };
    done(doc.of(op), "The source is gone.")
}

#[tracing::instrument(name = "api.sources.validate", skip_all)]
async fn validate(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<SourceCreate>,
) -> Result<Done, ApiError> {
    sources::validate(&app.platform, &caller, body.into()).await?;
    Ok(Done)
}

fn validate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_validate",
        tag: "sources",
        summary: "Try the settings of a source",
        description: "Checks them and reaches the other side, as creating would; nothing is kept.",
        audience: Audience::May(Action::SourceValidate),
        errors: &[
            ErrorCode::UnknownRealm,
            ErrorCode::SourceValidationFailed,
            ErrorCode::UpstreamRefused,
            ErrorCode::UpstreamUnavailable,
            ErrorCode::Taken,
        ],
    };
    done(doc.of(op), "A sync would get through.")
}

#[tracing::instrument(name = "api.sources.validate_stored", skip_all)]
async fn validate_stored(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Done, ApiError> {
    sources::validate_stored(&app.platform, &caller, source_id).await?;
    Ok(Done)
}

fn validate_stored_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_validate_stored",
        tag: "sources",
        summary: "Try a stored source",
        description: "Checks its settings as they are kept and reaches the other side.",
        audience: Audience::May(Action::SourceValidate),
        errors: &[
            ErrorCode::NotFound,
            ErrorCode::SourceValidationFailed,
            ErrorCode::UpstreamRefused,
            ErrorCode::UpstreamUnavailable,
        ],
    };
    done(doc.of(op), "A sync would get through.")
}
