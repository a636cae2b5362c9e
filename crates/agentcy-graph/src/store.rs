//! The one interface over both engines.

use agentcy_core::id::{EdgeId, NodeId, OrgId};

use crate::{
    Applied, Edge, Expand, Hop, Neighbours, Node, Properties, Removal, Result, Scope, Subgraph,
    cypher::{Bounds, Checked, Table},
};

/// Which engine stands behind the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    /// `neo4j` or `grafeo`.
    pub name: &'static str,
    /// Whether it runs in this process, and so allows one process only.
    pub embedded: bool,
}

/// Whether an org's graph is apart from those of other orgs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// A file or a database of its own: no statement sees another org.
    Own,
    /// One database for all orgs: only statements that name the org keep them apart.
    Shared,
}

/// A graph engine: the current state of every org, written by the projector alone.
///
/// Batches may have any size; they are written in pieces, each whole or not at all, the oldest id first.
/// When a call fails half way, sending the same batch again completes it.
#[async_trait::async_trait]
pub trait GraphStore: Send + Sync {
    /// Which engine this is.
    fn engine(&self) -> Engine;

    /// Whether the engine answers, within a short time of its own.
    async fn ping(&self) -> Result<()>;

    /// Whether the org's graph is apart from those of other orgs.
    async fn isolation(&self, org: OrgId) -> Result<Isolation>;

    /// Writes nodes whose version is newer than what is there.
    async fn upsert_nodes(&self, org: OrgId, nodes: &[Node]) -> Result<Applied>;

    /// Writes edges whose version is newer than what is there; those with a missing end wait.
    async fn upsert_edges(&self, org: OrgId, edges: &[Edge]) -> Result<Applied>;

    /// Takes nodes out, and every edge at them. An older version that comes later does not bring them back.
    async fn remove_nodes(&self, org: OrgId, nodes: &[Removal<NodeId>]) -> Result<Applied>;

    /// Takes edges out. An older version that comes later does not bring them back.
    async fn remove_edges(&self, org: OrgId, edges: &[Removal<EdgeId>]) -> Result<Applied>;

    /// Forgets removals older than this fact; to be called when nothing older can be sent any more.
    async fn forget_removals(&self, org: OrgId, before: i64) -> Result<()>;

    /// Reads one node.
    async fn read_node(&self, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>>;

    /// Reads one hop; of an unknown node there are no neighbours.
    async fn neighbours(&self, scope: Scope<'_>, hop: Hop<'_>) -> Result<Neighbours>;

    /// Walks outward from some nodes, breadth first, and reads what is between all that it met.
    async fn expand(&self, scope: Scope<'_>, expand: Expand<'_>) -> Result<Subgraph>;

    /// Runs a query that passed the gate for this engine. It sees the whole graph of the org, so it is for
    /// orgs with a graph of their own. Failures of the query itself are `Query`.
    async fn cypher(
        &self,
        org: OrgId,
        query: &Checked,
        params: &Properties,
        bounds: Bounds,
    ) -> Result<Table>;

    /// The last fact of the ledger that is applied in whole; 0 when none is.
    async fn watermark(&self, org: OrgId) -> Result<i64>;

    /// Notes the last applied fact. It never goes back.
    async fn set_watermark(&self, org: OrgId, fact: i64) -> Result<()>;

    /// Empties the graph of an org, watermark included, also when it is damaged or foreign.
    async fn clear(&self, org: OrgId) -> Result<()>;

    /// Writes what is still in memory and lets go; later calls are `Unavailable`.
    async fn close(&self) -> Result<()>;
}
