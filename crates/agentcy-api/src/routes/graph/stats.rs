//! `/graph/stats`: how much there is of what.

use std::collections::BTreeMap;

use agentcy_core::{Action, id::SourceId};
use agentcy_platform::graph::{self, Count, Stats};
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
    extract::Known,
    respond::Reply,
    samples,
    state::AppState,
};

const PLACE: &str = "/api/v1/graph/stats";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(PLACE, get_with(stats, stats_docs))
}

/// Counts of what the caller sees. An edge is seen with both of its ends.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GraphStats")]
struct StatsView {
    nodes: i64,
    edges: i64,
    /// Edges one of whose ends nobody asserts yet; 10,001 at most.
    waiting_edges: i64,
    /// Nodes by label; a node counts for each of its labels.
    labels: BTreeMap<String, i64>,
    /// Edges by type.
    types: BTreeMap<String, i64>,
    /// By the slug of the realm.
    realms: BTreeMap<String, CountView>,
    /// By the id of the source; what two sources share counts for both.
    sources: BTreeMap<String, CountView>,
    projection: ProjectionView,
}

/// Of nodes and of edges.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GraphCount")]
struct CountView {
    nodes: i64,
    edges: i64,
}

/// How far graph queries follow what was written.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GraphProjection")]
struct ProjectionView {
    /// How many changes are not seen yet.
    behind: i64,
    /// How old the first of them is.
    lag_seconds: f64,
    /// How far the graph is made anew, while it is.
    rebuild: Option<RebuildView>,
    /// Why it does not follow, and what to do.
    fault: Option<String>,
}

/// How far a rebuild is, in nodes and edges.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GraphRebuild")]
struct RebuildView {
    done: i64,
    total: i64,
}

impl From<Count> for CountView {
    fn from(count: Count) -> Self {
        Self { nodes: count.nodes, edges: count.edges }
    }
}

impl From<Stats> for StatsView {
    fn from(stats: Stats) -> Self {
        let Stats { counts, projection } = stats;
        let realms = counts.realms.into_iter();
        let sources = counts.sources.into_iter();
        Self {
            nodes: counts.total.nodes,
            edges: counts.total.edges,
            waiting_edges: counts.waiting,
            labels: counts.labels.into_iter().collect(),
            types: counts.types.into_iter().collect(),
            realms: realms.map(|(realm, count)| (realm.to_string(), count.into())).collect(),
            sources: sources.map(|(id, count)| (id.to_string(), count.into())).collect(),
            projection: ProjectionView {
                behind: projection.last - projection.seq,
                lag_seconds: projection.lag_seconds,
                rebuild: projection
                    .rebuild
                    .map(|progress| RebuildView { done: progress.done, total: progress.total }),
                fault: projection.fault,
            },
        }
    }
}

#[tracing::instrument(name = "api.graph.stats", skip_all)]
async fn stats(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<StatsView>, ApiError> {
    Ok(Reply(graph::stats(&app.platform, &caller).await?.into()))
}

fn stats_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_stats",
        tag: "graph",
        summary: "Count the graph",
        description: "By label, type, realm and source, within the caller's realms; and how far graph queries follow.",
        audience: Audience::May(Action::GraphRead),
        errors: &[],
    };
    ok(doc.of(op), "The counts.", StatsView::sample())
}

impl StatsView {
    fn sample() -> Self {
        let count = || CountView { nodes: 1280, edges: 5312 };
        Self {
            nodes: 1280,
            edges: 5312,
            waiting_edges: 2,
            labels: [("File".to_owned(), 412), ("Commit".to_owned(), 868)].into(),
            types: [("TOUCHED".to_owned(), 5312)].into(),
            realms: [(samples::realm().to_string(), count())].into(),
            sources: [(samples::id::<SourceId>().to_string(), count())].into(),
            projection: ProjectionView { behind: 0, lag_seconds: 0.0, rebuild: None, fault: None },
        }
    }
}
