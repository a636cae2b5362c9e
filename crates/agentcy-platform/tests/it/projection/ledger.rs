//! A ledger written by hand: entities and batches as the real one leaves them.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use agentcy_core::id::{BatchId, OrgId};
use agentcy_testkit::platform::TestPlatform;
use serde_json::{Value, json};
use uuid::Uuid;

/// One org's entities, and those of them that were changed since the last batch.
pub(crate) struct Ledger {
    pub(crate) org: OrgId,
    nodes: BTreeMap<Uuid, Node>,
    edges: BTreeMap<Uuid, Edge>,
    touched: Vec<Uuid>,
}

struct Node {
    name: String,
    live: bool,
}

struct Edge {
    from: Uuid,
    to: Uuid,
    said: bool,
    live: bool,
}

/// The UUID of the thing that a test calls by this number.
pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

impl Ledger {
    pub(crate) fn new(org: OrgId) -> Self {
        Self { org, nodes: BTreeMap::new(), edges: BTreeMap::new(), touched: Vec::new() }
    }

    /// Somebody says that there is such a node.
    pub(crate) fn node(&mut self, number: u64, name: &str) {
        self.nodes.insert(id(number), Node { name: name.to_owned(), live: true });
        self.touched.push(id(number));
        self.settle();
    }

    /// Nobody speaks of the node any more.
    pub(crate) fn no_node(&mut self, number: u64) {
        self.nodes.get_mut(&id(number)).unwrap().live = false;
        self.touched.push(id(number));
        self.settle();
    }

    /// Somebody says that there is such an edge.
    pub(crate) fn edge(&mut self, number: u64, from: u64, to: u64) {
        for end in [from, to] {
            let awaited = || Node { name: String::new(), live: false };
            self.nodes.entry(id(end)).or_insert_with(awaited);
        }
        let edge = Edge { from: id(from), to: id(to), said: true, live: false };
        self.edges.insert(id(number), edge);
        self.touched.push(id(number));
        self.settle();
    }

    /// Nobody speaks of the edge any more.
    pub(crate) fn no_edge(&mut self, number: u64) {
        self.edges.get_mut(&id(number)).unwrap().said = false;
        self.touched.push(id(number));
        self.settle();
    }

    /// An edge is live while both ends are; the change belongs to the same batch.
    fn settle(&mut self) {
        for (edge_id, edge) in &mut self.edges {
            let is_live = |end| self.nodes.get(end).is_some_and(|node| node.live);
            let live = edge.said && is_live(&edge.from) && is_live(&edge.to);
            if live != edge.live {
                edge.live = live;
                self.touched.push(*edge_id);
            }
        }
    }

    /// Commits what was said since the last time, unnumbered.
    pub(crate) async fn write(&mut self, stage: &TestPlatform) -> BatchId {
        let (batch, insert) = self.statement(stage);
        stage.database.execute(&insert).await;
        batch
    }

    /// What [`Self::write`] would run.
    pub(crate) fn statement(&mut self, stage: &TestPlatform) -> (BatchId, String) {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
        let batch_id = id(NEXT.fetch_add(1, Ordering::Relaxed));
        let (batch, org) = (BatchId::from(batch_id), Uuid::from(self.org));
        self.touched.sort_unstable();
        self.touched.dedup();
        let rows: Vec<String> = self.touched.iter().map(|id| self.row(*id, batch_id)).collect();
        let size = rows.len();
        self.touched.clear();
        let now = stage.platform.now();
        let statement = format!(
            "insert into fact_batches
                 (id, org_id, at, asserter_kind, asserter_id, cause, added, changed, archived)
             values ('{batch_id}', '{org}', '{now}', 'person', '{batch_id}', 'a test', {size}, 0, 0);
             insert into entities (org_id, id, kind, realm, key, state, labels, type, from_id, to_id,
                                   properties, valid_from, recorded_at, batch_id)
             values {} on conflict (org_id, id) do update set
                 state = excluded.state, properties = excluded.properties,
                 valid_from = excluded.valid_from, recorded_at = excluded.recorded_at,
                 batch_id = excluded.batch_id",
            rows.join(", ")
        );
        (batch, statement)
    }

    fn row(&self, id: Uuid, batch: Uuid) -> String {
        let org = Uuid::from(self.org);
        let times = "'2026-01-01Z', '2026-01-02Z'";
        if let Some(node) = self.nodes.get(&id) {
            let state = if node.live { "live" } else { "archived" };
            let properties = json!({ "name": node.name });
            return format!(
                "('{org}', '{id}', 'node', 'data', '{id}', '{state}', '{{Thing}}', null, null, null,
                  '{properties}', {times}, '{batch}')"
            );
        }
        let edge = &self.edges[&id];
        let state = match (edge.said, edge.live) {
            (true, true) => "live",
            (true, false) => "waiting",
            (false, _) => "archived",
        };
        format!(
            "('{org}', '{id}', 'edge', 'data', '{id}', '{state}', '{{}}', 'USES', '{}', '{}',
              '{{}}', {times}, '{batch}')",
            edge.from, edge.to
        )
    }
}

/// The live entities as the table has them: nodes by id with their name, edges by id with their ends.
pub(crate) type Present = (BTreeMap<Uuid, Value>, BTreeMap<Uuid, (Uuid, Uuid)>);

/// What the graph should show.
pub(crate) async fn present(stage: &TestPlatform, org: OrgId) -> Present {
    let org = Uuid::from(org);
    let query = format!("select * from entities where org_id = '{org}' and state = 'live'");
    let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
    let uuid = |value: &Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
    for row in stage.database.rows(&query).await {
        let id = uuid(&row["id"]);
        if row["kind"] == "node" {
            nodes.insert(id, row["properties"].clone());
        } else {
            edges.insert(id, (uuid(&row["from_id"]), uuid(&row["to_id"])));
        }
    }
    (nodes, edges)
}
