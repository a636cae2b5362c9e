//! `/graph/nodes/{node_id}/neighbors`: one hop.

use agentcy_core::{Action, ErrorCode, Timestamp, id::NodeId};
use agentcy_platform::graph::{self, Direction, Hop, Moment};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::{EdgeView, NodeView};
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known, ValidQuery},
    respond::Reply,
    state::AppState,
};

const ITEM: &str = "/api/v1/graph/nodes/{node_id}/neighbors";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(list, list_docs))
}

/// Which way edges are followed.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Direction")]
pub(super) enum DirectionView {
    /// From the node.
    Out,
    /// To the node.
    In,
    /// Either way.
    #[default]
    Both,
}

impl From<DirectionView> for Direction {
    fn from(direction: DirectionView) -> Self {
        match direction {
            DirectionView::Out => Self::Out,
            DirectionView::In => Self::In,
            DirectionView::Both => Self::Both,
        }
    }
}

/// Which neighbours.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NeighborQuery {
    /// Only over edges of any of these types.
    #[serde(default, rename = "type")]
    types: Vec<String>,
    /// `out`, `in` or `both`; both unless said.
    #[serde(default)]
    direction: DirectionView,
    /// How many, 1 to 1000; 100 unless said.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// As it held then.
    as_of: Option<Timestamp>,
    /// As it was known then.
    known_at: Option<Timestamp>,
}

/// An edge, and the node at its other end.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Neighbor")]
struct NeighborView {
    edge: EdgeView,
    node: NodeView,
}

/// Neighbours of a node.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Neighbors")]
struct NeighborsView {
    items: Vec<NeighborView>,
    /// Whether there are more than were asked for.
    truncated: bool,
}

#[tracing::instrument(name = "api.graph.neighbors", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(node_id): IdPath<NodeId>,
    ValidQuery(query): ValidQuery<NeighborQuery>,
) -> Result<Reply<NeighborsView>, ApiError> {
    let hop = Hop {
        node: node_id,
        direction: query.direction.into(),
        types: query.types,
        limit: query.limit,
        moment: Moment { as_of: query.as_of, known_at: query.known_at },
    };
    let found = graph::neighbours(&app.platform, &caller, hop).await?;
    let view =
        |(edge, node)| NeighborView { edge: EdgeView::from(edge), node: NodeView::from(node) };
    Ok(Reply(NeighborsView {
        items: found.items.into_iter().map(view).collect(),
        truncated: found.truncated,
    }))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_neighbors",
        tag: "graph",
        summary: "Read the neighbours of a node",
        description: "One hop, by type and direction, within the caller's realms.",
        audience: Audience::May(Action::GraphRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid],
    };
    let items = vec![NeighborView { edge: EdgeView::sample(), node: NodeView::sample() }];
    ok(doc.of(op), "The neighbours.", NeighborsView { items, truncated: false })
}
