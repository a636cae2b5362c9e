//! The graph of a process that has none: another one holds the embedded engine.

use agentcy_core::id::{EdgeId, NodeId, OrgId};
use agentcy_graph::{
    Applied, Edge, Engine, Error, Expand, GraphStore, Hop, Isolation, Neighbours, Node, Properties,
    Removal, Result, Scope, Subgraph,
    cypher::{Bounds, Checked, Table},
};

const ENGINE: Engine = Engine { name: "embedded", embedded: true };

/// Says to everything that the graph is not here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Absent;

#[derive(Debug, thiserror::Error)]
#[error("another process holds it")]
struct HeldElsewhere;

fn away<T>() -> Result<T> {
    Err(Error::Unavailable { engine: ENGINE.name, source: Some(HeldElsewhere.into()) })
}

#[async_trait::async_trait]
impl GraphStore for Absent {
    fn engine(&self) -> Engine {
        ENGINE
    }
    /// Whether this process is ready does not hang on what another one has.
    async fn ping(&self) -> Result<()> {
        Ok(())
    }
    async fn isolation(&self, _: OrgId) -> Result<Isolation> {
        away()
    }
    async fn upsert_nodes(&self, _: OrgId, _: &[Node]) -> Result<Applied> {
        away()
    }
    async fn upsert_edges(&self, _: OrgId, _: &[Edge]) -> Result<Applied> {
        away()
    }
    async fn remove_nodes(&self, _: OrgId, _: &[Removal<NodeId>]) -> Result<Applied> {
        away()
    }
    async fn remove_edges(&self, _: OrgId, _: &[Removal<EdgeId>]) -> Result<Applied> {
        away()
    }
    async fn forget_removals(&self, _: OrgId, _: i64) -> Result<()> {
        away()
    }
    async fn read_node(&self, _: Scope<'_>, _: NodeId) -> Result<Option<Node>> {
        away()
    }
    async fn neighbours(&self, _: Scope<'_>, _: Hop<'_>) -> Result<Neighbours> {
        away()
    }
    async fn expand(&self, _: Scope<'_>, _: Expand<'_>) -> Result<Subgraph> {
        away()
    }
    async fn cypher(&self, _: OrgId, _: &Checked, _: &Properties, _: Bounds) -> Result<Table> {
        away()
    }
    async fn watermark(&self, _: OrgId) -> Result<i64> {
        away()
    }
    async fn set_watermark(&self, _: OrgId, _: i64) -> Result<()> {
        away()
    }
    async fn clear(&self, _: OrgId) -> Result<()> {
        away()
    }
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
