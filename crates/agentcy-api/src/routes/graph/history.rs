//! `/graph/nodes/{node_id}/history`: every version of what is asserted of a node.

use agentcy_core::{Action, ErrorCode, Timestamp, id::NodeId};
use agentcy_platform::graph::{self, Version};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::view::AsserterView;
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidQuery},
    respond::{PageView, Reply},
    samples,
    state::AppState,
};

const ITEM: &str = "/api/v1/graph/nodes/{node_id}/history";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(list, list_docs))
}

/// What somebody asserted of a node for a while.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NodeVersion")]
struct VersionView {
    /// Who asserts it.
    asserter: AsserterView,
    /// What a source calls the node.
    #[serde(skip_serializing_if = "String::is_empty")]
    external_id: String,
    labels: Vec<String>,
    properties: Map<String, Value>,
    valid_from: Timestamp,
    valid_to: Option<Timestamp>,
    recorded_at: Timestamp,
    /// When its end was learned.
    ended_at: Option<Timestamp>,
    /// When it was found wrong.
    superseded_at: Option<Timestamp>,
    /// The job or the request that brought it.
    cause: String,
    /// The job or the request that ended it.
    end_cause: Option<String>,
}

impl From<Version> for VersionView {
    fn from(version: Version) -> Self {
        Self {
            asserter: version.asserter.into(),
            external_id: version.external_id,
            labels: version.labels,
            properties: version.properties,
            valid_from: version.valid_from,
            valid_to: version.valid_to,
            recorded_at: version.recorded_at,
            ended_at: version.ended_at,
            superseded_at: version.superseded_at,
            cause: version.cause,
            end_cause: version.end_cause,
        }
    }
}

#[tracing::instrument(name = "api.graph.history", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(node_id): IdPath<NodeId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<VersionView>>, ApiError> {
    let page = graph::history(&app.platform, &caller, node_id, query.into_request()?).await?;
    Ok(PageView::of(page, VersionView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_history",
        tag: "graph",
        summary: "Read the history of a node",
        description: "Every version of every assertion, with its times in the world and in our knowledge and what caused it; the \
            newest first.",
        audience: Audience::May(Action::GraphRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of versions.", PageView::sample(VersionView::sample()))
}

impl VersionView {
    fn sample() -> Self {
        Self {
            asserter: AsserterView::sample(),
            external_id: "file:src/payment/api.rs".to_owned(),
            labels: vec!["File".to_owned()],
            properties: samples::map(json!({ "name": "api.rs" })),
            valid_from: samples::time(),
            valid_to: None,
            recorded_at: samples::time(),
            ended_at: None,
            superseded_at: None,
            cause: samples::id::<agentcy_core::id::JobId>().to_string(),
            end_cause: None,
        }
    }
}
