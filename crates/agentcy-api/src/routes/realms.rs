//! `/realms`: the parts of the org's graph.

use agentcy_core::{Action, ErrorCode, Realm, Timestamp};
use agentcy_platform::realms::{self, RealmInfo};
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
    extract::{Known, PageQuery, ValidQuery},
    respond::{PageView, Reply},
    samples,
    state::AppState,
};

const COLLECTION: &str = "/api/v1/realms";
const AVAILABLE: &str = "/api/v1/realms/available";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(AVAILABLE, get_with(available, available_docs))
}

/// A realm.
#[derive(Debug, Serialize, JsonSchema)]
struct RealmView {
    slug: Realm,
    name: String,
    description: String,
    /// Whether every org has it from its first day.
    built_in: bool,
    created_at: Timestamp,
}

impl From<RealmInfo> for RealmView {
    fn from(info: RealmInfo) -> Self {
        let RealmInfo { realm, name, description, built_in, created_at } = info;
        Self { slug: realm, name, description, built_in, created_at }
    }
}

/// The realms one may use.
#[derive(Debug, Serialize, JsonSchema)]
struct AvailableView {
    items: Vec<RealmView>,
}

#[tracing::instrument(name = "api.realms.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<RealmView>>, ApiError> {
    let page = realms::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, RealmView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "realms_list",
        tag: "realms",
        summary: "List realms",
        description: "Built-in ones and the org's own, as far as the caller sees them.",
        audience: Audience::May(Action::RealmRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of realms.", PageView::sample(RealmView::sample()))
}

#[tracing::instrument(name = "api.realms.available", skip_all)]
async fn available(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<AvailableView>, ApiError> {
    let realms = realms::available(&app.platform, &caller).await?;
    Ok(Reply(AvailableView { items: realms.into_iter().map(RealmView::from).collect() }))
}

fn available_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "realms_available",
        tag: "realms",
        summary: "Realms you may use",
        description: "All at once, for choosing one.",
        audience: Audience::May(Action::RealmRead),
        errors: &[],
    };
    ok(doc.of(op), "The realms.", AvailableView { items: vec![RealmView::sample()] })
}

impl RealmView {
    fn sample() -> Self {
        let [infrastructure, ..] = Realm::built_in();
        Self {
            slug: infrastructure,
            name: "Infrastructure".to_owned(),
            description: "What runs, and where.".to_owned(),
            built_in: true,
            created_at: samples::time(),
        }
    }
}
