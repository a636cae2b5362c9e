//! The Neo4j engine: a database an org where the server has several, else one for all; every pattern names the org.

mod about;
mod bolt;
mod cell;
mod databases;
mod expand;
mod link;
mod query;
mod read;
mod schema;
mod write;
mod write_edges;
mod write_nodes;

use std::time::Duration;

use agentcy_core::id::{EdgeId, NodeId, OrgId};
use secrecy::SecretString;
use uuid::Uuid;

pub use self::about::About;
use self::{databases::Databases, link::Link, write::Piece};
use crate::{
    Applied, Edge, Engine, Expand, GraphStore, Hop, Isolation, Neighbours, Node, Properties,
    Removal, Result, Scope, Subgraph,
    batch::{EdgeChange, NodeChange, ready},
    cypher::{Bounds, Checked, Lane, Table},
};

const ENGINE: &str = "neo4j";

/// How many items one transaction writes.
const PIECE: usize = 1_000;

/// How to reach Neo4j, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `bolt://host:7687` or `neo4j://`, with `+s` for TLS.
    pub uri: String,
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The one database for all orgs. When none is named and the server has several, each org gets one of its own.
    pub database: Option<String>,
    /// How many connections at most.
    pub connections: usize,
    /// How long a transaction may take to begin, a new connection included.
    pub connect: Duration,
    /// How long a health check may take.
    pub ping: Duration,
    /// How long a read may take.
    pub read: Duration,
    /// How long one written piece may take.
    pub write: Duration,
}

impl Settings {
    /// The usual times and number of connections.
    pub fn new(uri: impl Into<String>, user: impl Into<String>, password: SecretString) -> Self {
        Self {
            uri: uri.into(),
            user: user.into(),
            password,
            database: None,
            connections: 16,
            connect: Duration::from_secs(5),
            ping: Duration::from_secs(2),
            read: Duration::from_secs(10),
            write: Duration::from_secs(30),
        }
    }
}

/// The graphs of all orgs in one Neo4j.
pub struct Neo4j {
    databases: Databases,
    /// The PostgreSQL database that they are projections of.
    database: Uuid,
    lane: Lane,
}

impl Neo4j {
    /// Projections of the PostgreSQL database with this id. Connects when it is first used.
    pub fn open(settings: Settings, database: Uuid) -> Result<Self> {
        let lane = Lane::new(query::RUNNING);
        Ok(Self { databases: Databases::new(Link::new(settings)?), database, lane })
    }

    /// What the server says of itself. Changes nothing in it.
    pub async fn about(&self) -> Result<About> {
        about::ask(self.databases.home()).await
    }

    /// The way to the database that an org's graph is in, with the constraints there.
    async fn link(&self, org: OrgId) -> Result<Link> {
        self.databases.of(org).await
    }

    async fn apply_nodes(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<NodeChange>,
    ) -> Result<Applied> {
        let link = self.link(org).await?;
        let mut written = 0;
        for piece in changes.chunks(PIECE) {
            written += write::piece(&link, org, Piece::Nodes(piece)).await?.written;
        }
        Ok(Applied { written, stale: sent - written, waiting: Vec::new() })
    }

    async fn apply_edges(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<EdgeChange>,
    ) -> Result<Applied> {
        let link = self.link(org).await?;
        let (mut written, mut waiting) = (0, Vec::new());
        for piece in changes.chunks(PIECE) {
            let mut done = write::piece(&link, org, Piece::Edges(piece)).await?;
            written += done.written;
            waiting.append(&mut done.waiting);
        }
        Ok(Applied { written, stale: sent - written - waiting.len(), waiting })
    }
}

#[async_trait::async_trait]
impl GraphStore for Neo4j {
    fn engine(&self) -> Engine {
        Engine { name: ENGINE, embedded: false }
    }

    async fn ping(&self) -> Result<()> {
        let home = self.databases.home();
        home.rows(neo4rs::query("RETURN 1 AS one LIMIT 1"), home.settings.ping).await.map(drop)
    }

    async fn isolation(&self, _: OrgId) -> Result<Isolation> {
        let several = self.databases.are_several().await?;
        Ok(if several { Isolation::Own } else { Isolation::Shared })
    }

    async fn upsert_nodes(&self, org: OrgId, nodes: &[Node]) -> Result<Applied> {
        let changes = ready(nodes.iter().cloned().map(NodeChange::Write))?;
        self.apply_nodes(org, nodes.len(), changes).await
    }

    async fn upsert_edges(&self, org: OrgId, edges: &[Edge]) -> Result<Applied> {
        let changes = ready(edges.iter().cloned().map(EdgeChange::Write))?;
        self.apply_edges(org, edges.len(), changes).await
    }

    async fn remove_nodes(&self, org: OrgId, nodes: &[Removal<NodeId>]) -> Result<Applied> {
        let changes = ready(nodes.iter().copied().map(NodeChange::Remove))?;
        self.apply_nodes(org, nodes.len(), changes).await
    }

    async fn remove_edges(&self, org: OrgId, edges: &[Removal<EdgeId>]) -> Result<Applied> {
        let changes = ready(edges.iter().copied().map(EdgeChange::Remove))?;
        self.apply_edges(org, edges.len(), changes).await
    }

    async fn forget_removals(&self, org: OrgId, before: i64) -> Result<()> {
        schema::forget_removals(&self.link(org).await?, org, before).await
    }

    async fn read_node(&self, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>> {
        read::node(&self.link(scope.org).await?, scope, id).await
    }

    async fn neighbours(&self, scope: Scope<'_>, hop: Hop<'_>) -> Result<Neighbours> {
        read::neighbours(&self.link(scope.org).await?, scope, &hop).await
    }

    async fn expand(&self, scope: Scope<'_>, expand: Expand<'_>) -> Result<Subgraph> {
        expand.check()?;
        expand::expand(&self.link(scope.org).await?, scope, &expand).await
    }

    async fn cypher(
        &self,
        org: OrgId,
        query: &Checked,
        params: &Properties,
        bounds: Bounds,
    ) -> Result<Table> {
        self.ask(org, query, params, bounds).await
    }

    async fn watermark(&self, org: OrgId) -> Result<i64> {
        schema::watermark(&self.link(org).await?, org, self.database).await
    }

    async fn set_watermark(&self, org: OrgId, fact: i64) -> Result<()> {
        schema::set_watermark(&self.link(org).await?, org, self.database, fact).await
    }

    async fn clear(&self, org: OrgId) -> Result<()> {
        schema::clear(&self.link(org).await?, org).await
    }

    async fn close(&self) -> Result<()> {
        self.databases.home().close();
        Ok(())
    }
}
