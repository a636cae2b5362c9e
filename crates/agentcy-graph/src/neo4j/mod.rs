//! The Neo4j engine: one database for all orgs, every pattern names the org.

mod about;
mod bolt;
mod expand;
mod link;
mod read;
mod schema;
mod write;
mod write_edges;
mod write_nodes;

use std::time::Duration;

use agentcy_core::id::{EdgeId, NodeId, OrgId};
use neo4rs::query;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use uuid::Uuid;

pub use self::about::About;
use self::{link::Link, write::Piece};
use crate::{
    Applied, Edge, Engine, Expand, GraphStore, Hop, Neighbours, Node, Removal, Result, Scope,
    Subgraph,
    batch::{EdgeChange, NodeChange, ready},
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
    /// The database; the server's default when none is named.
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

/// The graphs of all orgs in one Neo4j database.
pub struct Neo4j {
    link: Link,
    database: Uuid,
    /// Set once the constraints are there.
    schema: OnceCell<()>,
}

impl Neo4j {
    /// Projections of the PostgreSQL database with this id. Connects when it is first used.
    pub fn open(settings: Settings, database: Uuid) -> Result<Self> {
        Ok(Self { link: Link::new(settings)?, database, schema: OnceCell::new() })
    }

    /// What the server says of itself. Changes nothing in it.
    pub async fn about(&self) -> Result<About> {
        about::ask(&self.link).await
    }

    /// The link, once the constraints are there.
    async fn link(&self) -> Result<&Link> {
        self.schema.get_or_try_init(|| schema::create(&self.link)).await?;
        Ok(&self.link)
    }

    async fn apply_nodes(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<NodeChange>,
    ) -> Result<Applied> {
        let link = self.link().await?;
        let mut written = 0;
        for piece in changes.chunks(PIECE) {
            written += write::piece(link, org, Piece::Nodes(piece)).await?.written;
        }
        Ok(Applied { written, stale: sent - written, waiting: Vec::new() })
    }

    async fn apply_edges(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<EdgeChange>,
    ) -> Result<Applied> {
        let link = self.link().await?;
        let (mut written, mut waiting) = (0, Vec::new());
        for piece in changes.chunks(PIECE) {
            let mut done = write::piece(link, org, Piece::Edges(piece)).await?;
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
        self.link.open()?;
        self.link.rows(query("RETURN 1 AS one LIMIT 1"), self.link.settings.ping).await.map(drop)
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
        schema::forget_removals(self.link().await?, org, before).await
    }

    async fn read_node(&self, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>> {
        read::node(self.link().await?, scope, id).await
    }

    async fn neighbours(&self, scope: Scope<'_>, hop: Hop<'_>) -> Result<Neighbours> {
        read::neighbours(self.link().await?, scope, &hop).await
    }

    async fn expand(&self, scope: Scope<'_>, expand: Expand<'_>) -> Result<Subgraph> {
        expand.check()?;
        expand::expand(self.link().await?, scope, &expand).await
    }

    async fn watermark(&self, org: OrgId) -> Result<i64> {
        schema::watermark(self.link().await?, org, self.database).await
    }

    async fn set_watermark(&self, org: OrgId, fact: i64) -> Result<()> {
        schema::set_watermark(self.link().await?, org, self.database, fact).await
    }

    async fn clear(&self, org: OrgId) -> Result<()> {
        schema::clear(self.link().await?, org).await
    }

    async fn close(&self) -> Result<()> {
        self.link.close();
        Ok(())
    }
}
