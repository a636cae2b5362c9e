//! `POST /graph/expand`: everything within some steps of some nodes.

use agentcy_core::{Action, Timestamp, id::NodeId};
use agentcy_platform::graph::{self, Expand, Moment};
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    neighbors::DirectionView,
    view::{EdgeView, NodeView},
};
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidJson},
    respond::Reply,
    state::AppState,
};

const PLACE: &str = "/api/v1/graph/expand";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(PLACE, post_with(expand, expand_docs))
}

/// Where to start, and how far to go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExpandBody {
    /// 1 to 100 nodes.
    #[schemars(length(min = 1, max = 100))]
    node_ids: Vec<NodeId>,
    /// How many steps, 1 to 4; 1 unless said.
    #[schemars(range(min = 1, max = 4))]
    depth: Option<u8>,
    /// Only over edges of any of these types; all when empty.
    #[serde(default)]
    types: Vec<String>,
    /// Only to nodes with any of these labels; all when empty. Where it starts is always in.
    #[serde(default)]
    labels: Vec<String>,
    /// `out`, `in` or `both`; both unless said.
    #[serde(default)]
    direction: DirectionView,
    /// How many nodes at most, 1 to 5000; 200 unless said.
    #[schemars(range(min = 1, max = 5000))]
    limit: Option<usize>,
    /// As it held then.
    as_of: Option<Timestamp>,
    /// As it was known then.
    known_at: Option<Timestamp>,
}

/// A part of the graph.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Subgraph")]
struct SubgraphView {
    nodes: Vec<NodeView>,
    /// Those between the nodes above.
    edges: Vec<EdgeView>,
    /// Whether something was left out for the limit.
    truncated: bool,
    took_ms: f64,
}

#[tracing::instrument(name = "api.graph.expand", skip_all)]
async fn expand(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<ExpandBody>,
) -> Result<Reply<SubgraphView>, ApiError> {
    let ask = Expand {
        nodes: body.node_ids,
        depth: body.depth,
        types: body.types,
        labels: body.labels,
        direction: body.direction.into(),
        limit: body.limit,
        moment: Moment { as_of: body.as_of, known_at: body.known_at },
    };
    let found = graph::expand(&app.platform, &caller, ask).await?;
    Ok(Reply(SubgraphView {
        nodes: found.nodes.into_iter().map(NodeView::from).collect(),
        edges: found.edges.into_iter().map(EdgeView::from).collect(),
        truncated: found.truncated,
        took_ms: found.took.as_secs_f64() * 1000.0,
    }))
}

fn expand_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_expand",
        tag: "graph",
        summary: "Expand nodes",
        description: "Breadth first from several nodes, within the caller's realms. Unknown nodes are left out.",
        audience: Audience::May(Action::GraphRead),
        errors: &[],
    };
    let example = SubgraphView {
        nodes: vec![NodeView::sample()],
        edges: vec![EdgeView::sample()],
        truncated: false,
        took_ms: 0.8,
    };
    ok(doc.of(op), "The part of the graph.", example)
}
