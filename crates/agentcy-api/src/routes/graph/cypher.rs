//! `POST /graph/cypher`: a read-only question to the org's own graph.

use agentcy_core::{Action, ErrorCode};
use agentcy_platform::graph::{self, Cell, CypherQuery};
use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::view::{EdgeView, NodeView};
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidJson},
    respond::Reply,
    state::AppState,
};

const PLACE: &str = "/api/v1/graph/cypher";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(PLACE, post_with(cypher, cypher_docs))
}

/// A question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CypherBody {
    /// Read-only Cypher, 64 KiB at most.
    query: String,
    /// What stands for its `$names`.
    #[serde(default)]
    params: Map<String, Value>,
    /// How many rows at most, 1 to 1000; 100 unless said.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// How long it may take, 1 to 10000; 5000 unless said.
    #[schemars(range(min = 1, max = 10000))]
    timeout_ms: Option<u64>,
}

/// What it gave.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Table")]
struct TableView {
    columns: Vec<String>,
    /// Each as long as `columns`. Nodes and edges have the shapes of `Node` and `Edge`, a path is `{nodes, edges}`.
    rows: Vec<Vec<Value>>,
    /// Whether there were more rows.
    truncated: bool,
    took_ms: f64,
}

#[tracing::instrument(name = "api.graph.cypher", skip_all)]
async fn cypher(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<CypherBody>,
) -> Result<Reply<TableView>, ApiError> {
    let CypherBody { query, params, limit, timeout_ms } = body;
    let ask = CypherQuery { text: query, params, limit, timeout_ms };
    let table = graph::cypher(&app.platform, &caller, ask).await?;
    let rows = table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    Ok(Reply(TableView {
        columns: table.columns,
        rows,
        truncated: table.truncated,
        took_ms: table.took.as_secs_f64() * 1000.0,
    }))
}

fn cypher_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "graph_cypher",
        tag: "graph",
        summary: "Ask the graph in Cypher",
        description: "Read only, bounded in time, rows and memory; only where the org has a graph of its own, and for callers \
            who see every realm. `details` of a refusal has the `line`, `column` and `offset` of the place.",
        audience: Audience::May(Action::GraphCypher),
        errors: &[
            ErrorCode::CypherSyntax,
            ErrorCode::CypherTimeout,
            ErrorCode::CypherTooLarge,
            ErrorCode::CypherNotReadOnly,
            ErrorCode::CypherNeedsAllRealms,
            ErrorCode::CypherNeedsOwnDatabase,
        ],
    };
    let example = TableView {
        columns: vec!["file".to_owned(), "changes".to_owned()],
        rows: vec![vec![view(NodeView::sample()), json!(17)]],
        truncated: false,
        took_ms: 1.4,
    };
    ok(doc.of(op), "The rows.", example)
}

/// A cell as JSON.
fn cell(cell: Cell) -> Value {
    match cell {
        Cell::Value(value) => value,
        Cell::Node(node) => view(NodeView::from(*node)),
        Cell::Edge(edge) => view(EdgeView::from(*edge)),
        Cell::Path(nodes, edges) => json!({
            "nodes": nodes.into_iter().map(|node| view(NodeView::from(node))).collect::<Vec<_>>(),
            "edges": edges.into_iter().map(|edge| view(EdgeView::from(edge))).collect::<Vec<_>>(),
        }),
        Cell::List(cells) => Value::Array(cells.into_iter().map(self::cell).collect()),
        Cell::Map(fields) => {
            Value::Object(fields.into_iter().map(|(name, one)| (name, self::cell(one))).collect())
        }
    }
}

fn view(view: impl Serialize) -> Value {
    // Our own views have text keys and no value that JSON lacks.
    serde_json::to_value(view).unwrap_or_default()
}
