//! Read-only Cypher, where an org has a graph of its own.

use std::time::{Duration, Instant};

use agentcy_core::{Action, Caller, ErrorCode, Realms};
use agentcy_graph::{
    Isolation,
    cypher::{self as engine, Bounds, Dialect, Failure, Refusal, RefusalKind},
};
use agentcy_store::system::founding;
use serde_json::{Map, Value, json};

use super::{
    EdgeState, NodeState,
    around::{edge_state, if_whole, node_state},
    within,
};
use crate::{Error, Platform, Result};

/// How large an answer may be in bytes.
const MAX_BYTES: usize = 8 << 20;

/// A question.
#[derive(Debug, Clone)]
pub struct CypherQuery {
    /// Its text.
    pub text: String,
    /// What stands for its `$names`.
    pub params: Map<String, Value>,
    /// How many rows, 1 to 1000; 100 unless said.
    pub limit: Option<usize>,
    /// How long it may take, 1 to 10,000; 5000 unless said.
    pub timeout_ms: Option<u64>,
}

/// What it gave.
#[derive(Debug, Clone)]
pub struct CypherTable {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there were more.
    pub truncated: bool,
    /// How long it took.
    pub took: Duration,
}

/// A value of an answer.
#[derive(Debug, Clone)]
pub enum Cell {
    /// What JSON has a word for; dates and the like are their text.
    Value(Value),
    /// A node.
    Node(Box<NodeState>),
    /// An edge.
    Edge(Box<EdgeState>),
    /// A path.
    Path(Vec<NodeState>, Vec<EdgeState>),
    /// A list.
    List(Vec<Cell>),
    /// A map.
    Map(Vec<(String, Cell)>),
}

/// Asks the org's graph.
///
/// Errors: `invalid`, `cypher_needs_all_realms`, `cypher_needs_own_database`, `cypher_not_read_only`, `cypher_syntax`,
/// `cypher_timeout`, `cypher_too_large`, `rate_limited` (too many at once), `store_unavailable` (the graph is rebuilt).
pub async fn cypher(
    platform: &Platform,
    caller: &Caller,
    query: CypherQuery,
) -> Result<CypherTable> {
    let by = platform.permit(caller, Action::GraphCypher).await?;
    if *by.realms() != Realms::All {
        let message = "Cypher sees the whole graph; it needs a caller who sees every realm";
        return Err(Error::refused(ErrorCode::CypherNeedsAllRealms, message));
    }
    let rows = within(query.limit, 100, 1000, "limit")?;
    let millis = query.timeout_ms.unwrap_or(5000);
    if !(1..=10_000).contains(&millis) {
        return Err(Error::invalid_field("timeout_ms", "is 1 to 10000"));
    }
    let dialect = if platform.graph.engine().embedded { Dialect::EMBEDDED } else { Dialect::NEO4J };
    let checked = engine::check(&query.text, &dialect).map_err(refusal)?;
    needs_own(platform, by.org_id()).await?;
    let bounds = Bounds { rows, bytes: MAX_BYTES, time: Duration::from_millis(millis) };
    let begun = Instant::now();
    let asked = platform.graph.cypher(by.org_id(), &checked, &query.params, bounds);
    let Some(table) = if_whole(platform, &by, asked).await? else { return Err(unfinished()) };
    let table = table.map_err(failure)?;
    Ok(CypherTable {
        columns: table.columns,
        rows: table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
        truncated: table.truncated,
        took: begun.elapsed(),
    })
}

/// Half a graph has no answer that could be told from a whole one.
fn unfinished() -> Error {
    let message = "the graph is being rebuilt; ask again when that is done";
    Error::refused(ErrorCode::StoreUnavailable, message)
        .with_details(json!({ "store": "neo4j", "retry_after_secs": 5 }))
}

/// Where several orgs share a graph, nothing but our own queries keeps them apart.
async fn needs_own(platform: &Platform, org: agentcy_core::id::OrgId) -> Result<()> {
    if platform.graph.isolation(org).await? == Isolation::Own {
        return Ok(());
    }
    let mut tx = platform.db.system(&platform.system).await?;
    let is_only = founding::is_only_org(&mut tx, org).await?;
    tx.commit().await?;
    if is_only {
        return Ok(());
    }
    let message = "several orgs share this Neo4j database; Cypher needs one of the org's own";
    Err(Error::refused(ErrorCode::CypherNeedsOwnDatabase, message))
}

fn refusal(refusal: Refusal) -> Error {
    let code = match refusal.kind {
        RefusalKind::NotReadOnly => ErrorCode::CypherNotReadOnly,
        RefusalKind::Syntax => ErrorCode::CypherSyntax,
        RefusalKind::TooLarge => ErrorCode::CypherTooLarge,
    };
    let Refusal { message, line, column, offset, .. } = refusal;
    Error::refused(code, message)
        .with_details(json!({ "line": line, "column": column, "offset": offset }))
}

fn cell(cell: engine::Cell) -> Cell {
    match cell {
        engine::Cell::Value(value) => Cell::Value(value),
        engine::Cell::Node(node) => Cell::Node(Box::new(node_state(*node))),
        engine::Cell::Edge(edge) => Cell::Edge(Box::new(edge_state(*edge))),
        engine::Cell::Path(path) => Cell::Path(
            path.nodes.into_iter().map(node_state).collect(),
            path.edges.into_iter().map(edge_state).collect(),
        ),
        engine::Cell::List(cells) => Cell::List(cells.into_iter().map(self::cell).collect()),
        engine::Cell::Map(fields) => {
            Cell::Map(fields.into_iter().map(|(name, one)| (name, self::cell(one))).collect())
        }
    }
}

/// What the asker is told; what is ours to mend stays an error of the engine.
fn failure(error: agentcy_graph::Error) -> Error {
    let agentcy_graph::Error::Query(failure) = error else { return error.into() };
    let words = failure.to_string();
    match failure {
        Failure::Refused(at) => refusal(at),
        Failure::Timeout(_) => Error::refused(ErrorCode::CypherTimeout, words),
        Failure::TooLarge(_) => Error::refused(ErrorCode::CypherTooLarge, words),
        Failure::Busy => Error::refused(ErrorCode::RateLimited, words),
    }
}
