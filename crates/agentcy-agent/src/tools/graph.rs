//! The tools of the knowledge graph.

use agentcy_core::{Limit, id::NodeId};
use agentcy_platform::{
    Error, PageRequest, Result,
    graph::{
        self, CypherQuery, Direction, EdgeAssertion, Expand, Moment, NodeAssertion, NodeQuery,
        NodeSearch,
    },
};
use serde_json::{Map, Value, json};

use super::{
    Toolbox,
    args::{ExpandNode, LinkNodes, RunCypher, SearchGraph, UpsertNode},
    bound::{MAX_RESULT, clean, properties, shrink},
    shape::Shown,
};

/// How many nodes an expand shows at most.
const MOST_NODES: usize = 100;
/// The most that one row of a table tells, in bytes of JSON.
const MAX_ROW: usize = MAX_RESULT / 4;
const ASK_FOR_LESS: &str = "ask for less, with more words or labels";

impl Toolbox {
    pub(super) async fn search_graph(&self, ask: SearchGraph) -> Result<Value> {
        let query = NodeQuery {
            q: ask.query,
            labels: ask.labels.unwrap_or_default(),
            ..NodeQuery::default()
        };
        let limit = Limit::new(ask.limit.unwrap_or(10)).unwrap_or_default();
        let page = PageRequest { limit, cursor: None };
        let search = NodeSearch { query, page, moment: Moment::default() };
        let found = graph::search(&self.platform, &self.caller, search).await?;
        let more = found.next_cursor.is_some();
        let mut shown = Shown::new();
        let nodes = shown.nodes(found.items);
        let mut result = json!({ "nodes": nodes, "total": found.total });
        if found.total_capped {
            result["total_capped"] = true.into();
        }
        shown.finish(&mut result, more, ASK_FOR_LESS);
        Ok(result)
    }

    pub(super) async fn expand_node(&self, ask: ExpandNode) -> Result<Value> {
        let expand = Expand {
            nodes: vec![ask.node_id],
            depth: ask.depth,
            types: Vec::new(),
            labels: Vec::new(),
            direction: Direction::Both,
            limit: Some(MOST_NODES),
            moment: Moment::default(),
        };
        let found = graph::expand(&self.platform, &self.caller, expand).await?;
        if found.nodes.is_empty() {
            return Err(Error::not_found("node"));
        }
        let mut shown = Shown::new();
        let ids: Vec<NodeId> = found.nodes.iter().map(|node| node.id).collect();
        let nodes = shown.nodes(found.nodes);
        // An edge to a node that is not shown tells nothing.
        let is_shown = |id: &NodeId| ids.iter().take(nodes.len()).any(|one| one == id);
        let (kept, dropped): (Vec<_>, Vec<_>) =
            found.edges.into_iter().partition(|edge| is_shown(&edge.from) && is_shown(&edge.to));
        let edges: Vec<Value> = kept.into_iter().map(|edge| shown.edge(edge)).collect();
        let edges = shown.take(edges);
        let mut result = json!({ "nodes": nodes, "edges": edges });
        let more = found.truncated || !dropped.is_empty();
        shown.finish(&mut result, more, "expand a node further on, or less deep");
        Ok(result)
    }

    pub(super) async fn run_cypher(&self, ask: RunCypher) -> Result<Value> {
        let query = CypherQuery {
            text: ask.query,
            params: ask.params.unwrap_or_default(),
            limit: Some(100),
            timeout_ms: None,
        };
        let table = graph::cypher(&self.platform, &self.caller, query).await?;
        let mut shown = Shown::new();
        let mut note = None;
        let mut rows = Vec::with_capacity(table.rows.len());
        for row in table.rows {
            let row: Value = row.into_iter().map(|cell| shown.cell(cell)).collect();
            let (row, cut) = shrink(row, MAX_ROW);
            note = note.or(cut);
            rows.push(row);
        }
        let rows = shown.take(rows);
        let mut result = json!({ "columns": table.columns, "rows": rows });
        let more = table.truncated || note.is_some();
        shown.finish(&mut result, more, "return less a row, or fewer rows");
        Ok(clean(result))
    }

    pub(super) async fn upsert_node(&self, ask: UpsertNode) -> Result<Value> {
        let realm = ask.realm.ok_or_else(|| Error::invalid_field("realm", "is missing"))?;
        let said = NodeAssertion {
            realm: realm.clone(),
            key: ask.key.clone(),
            labels: ask.labels.clone(),
            properties: ask.properties.clone(),
            expected: ask.expected_version,
            run: Some(self.run),
        };
        let written = graph::upsert_node(&self.platform, &self.caller, said).await?;
        // Only what the call itself said: what others say of the node is not this run's to have read.
        let node = json!({
            "id": written.id,
            "key": ask.key,
            "labels": ask.labels.unwrap_or_default(),
            "properties": properties(ask.properties).0,
            "realm": realm,
        });
        Ok(said_of("node", node, written.projected))
    }

    pub(super) async fn link_nodes(&self, ask: LinkNodes) -> Result<Value> {
        let properties: Map<String, Value> = ask.properties.unwrap_or_default();
        let said = EdgeAssertion {
            from: ask.from,
            to: ask.to,
            edge_type: ask.edge_type.clone(),
            properties: properties.clone(),
            run: Some(self.run),
        };
        let written = graph::link_nodes(&self.platform, &self.caller, said).await?;
        let edge = json!({
            "id": written.id,
            "type": ask.edge_type,
            "from": ask.from,
            "to": ask.to,
            "properties": super::bound::properties(properties).0,
        });
        Ok(said_of("edge", edge, written.projected))
    }
}

fn said_of(what: &str, thing: Value, projected: bool) -> Value {
    let mut result = json!({ what: shrink(thing, MAX_RESULT / 2).0 });
    if !projected {
        result["projected"] = false.into();
    }
    result
}
