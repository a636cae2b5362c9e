//! The embedded engine: grafeo, one file an org, one writer at a time.

mod cell;
mod expand;
mod file;
mod plan;
mod query;
mod read;
mod value;
mod view;
mod write_edges;
mod write_nodes;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use agentcy_core::id::{EdgeId, Id as _, NodeId, OrgId};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use uuid::Uuid;

use self::file::{OrgGraph, guarded};
use crate::{
    Applied, Edge, Engine, Error, Expand, GraphStore, Hop, Isolation, Neighbours, Node, Properties,
    Removal, Result, Scope, Subgraph,
    batch::{EdgeChange, NodeChange, ready},
    cypher::{Bounds, Checked, Lane, Table},
};

const ENGINE: &str = "grafeo";

/// The right to write, open, empty or close one org's graph.
type Turn = OwnedMutexGuard<()>;

/// How many items one transaction writes.
const PIECE: usize = 4_000;

/// The graphs of all orgs, in files of one folder.
pub struct Embedded {
    folder: PathBuf,
    database: Uuid,
    /// `None` once closed.
    orgs: Mutex<Option<HashMap<OrgId, Arc<Slot>>>>,
    /// Bounds the threads that engine calls hold, since its query timeout is not checked everywhere.
    threads: Arc<Semaphore>,
    lane: Lane,
}

/// The place of one org's graph; the writer's lock is also held to open, empty and close it.
#[derive(Default)]
struct Slot {
    state: RwLock<State>,
    writer: Arc<Mutex<()>>,
}

#[derive(Default, Clone)]
enum State {
    #[default]
    NotOpen,
    Open(Arc<OrgGraph>),
    Closed,
}

impl Slot {
    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Works on the open graph. After the engine gave up it is let go of, and opened anew when it is next asked for.
    fn work<T>(
        &self,
        graph: Arc<OrgGraph>,
        work: impl FnOnce(&OrgGraph) -> Result<T>,
    ) -> Result<T> {
        let org = graph.org;
        let mut finished = false;
        let done = guarded(org, || {
            let done = work(&graph);
            finished = true;
            done
        });
        if !finished {
            if matches!(self.state(), State::Open(_)) {
                self.put(State::NotOpen);
            }
            drop(guarded(org, move || {
                drop(graph);
                Ok(())
            }));
        }
        done
    }
}

const CLOSED: Error = Error::Unavailable { engine: ENGINE, source: None };

impl Embedded {
    /// Graphs in `folder`, projected from the database with this id, with at most `threads` calls at a time.
    pub fn open(folder: &Path, database: Uuid, threads: usize) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Unavailable { engine: ENGINE, source: Some(error.into()) })?;
        Ok(Self {
            folder: folder.to_owned(),
            database,
            orgs: Mutex::new(Some(HashMap::new())),
            threads: Arc::new(Semaphore::new(threads.max(1))),
            lane: Lane::new(query::RUNNING),
        })
    }

    fn path(&self, org: OrgId) -> PathBuf {
        self.folder.join(format!("{}.grafeo", org.uuid()))
    }

    async fn slot(&self, org: OrgId) -> Result<Arc<Slot>> {
        let mut orgs = self.orgs.lock().await;
        let orgs = orgs.as_mut().ok_or(CLOSED)?;
        Ok(orgs.entry(org).or_default().clone())
    }

    /// Runs engine code on a thread of its own; it goes on when the caller no longer waits.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = |source| Error::Unavailable { engine: ENGINE, source: Some(source) };
        let permit = Arc::clone(&self.threads).acquire_owned().await.map_err(|e| gone(e.into()))?;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        task.await.map_err(|error| gone(error.into()))?
    }

    /// The open graph; the turn is the writer's, or taken for the time of opening.
    async fn opened(&self, slot: &Arc<Slot>, org: OrgId, _turn: &Turn) -> Result<Arc<OrgGraph>> {
        match slot.state() {
            State::Open(graph) => return Ok(graph),
            State::Closed => return Err(CLOSED),
            State::NotOpen => {}
        }
        let (path, database) = (self.path(org), self.database);
        let slot = Arc::clone(slot);
        self.blocking(move || {
            let graph = Arc::new(guarded(org, || OrgGraph::open(&path, database, org))?);
            slot.put(State::Open(Arc::clone(&graph)));
            Ok(graph)
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        org: OrgId,
        work: impl FnOnce(&OrgGraph) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let slot = self.slot(org).await?;
        let graph = if let State::Open(graph) = slot.state() {
            graph
        } else {
            let turn = Arc::clone(&slot.writer).lock_owned().await;
            self.opened(&slot, org, &turn).await?
        };
        self.blocking(move || slot.work(graph, work)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        org: OrgId,
        work: impl FnOnce(&OrgGraph) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let slot = self.slot(org).await?;
        let turn = Arc::clone(&slot.writer).lock_owned().await;
        let graph = self.opened(&slot, org, &turn).await?;
        self.blocking(move || {
            // Kept until the work is done, even when the caller has gone.
            let _turn = turn;
            slot.work(graph, |graph| {
                let done = work(graph);
                if matches!(done, Err(Error::Unavailable { .. })) {
                    // After a commit that failed half way the engine writes no more until it is opened anew.
                    graph.close();
                    slot.put(State::NotOpen);
                }
                done
            })
        })
        .await
    }
}

#[async_trait::async_trait]
impl GraphStore for Embedded {
    fn engine(&self) -> Engine {
        Engine { name: ENGINE, embedded: true }
    }

    async fn ping(&self) -> Result<()> {
        let folder = self.folder.clone();
        self.orgs.lock().await.as_ref().ok_or(CLOSED)?;
        self.blocking(move || std::fs::metadata(folder).map(drop).map_err(file::unavailable)).await
    }

    async fn isolation(&self, _: OrgId) -> Result<Isolation> {
        Ok(Isolation::Own)
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
        self.write(org, move |graph| graph.forget_removals(before)).await
    }

    async fn read_node(&self, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>> {
        let realms = scope.realms.clone();
        self.read(scope.org, move |graph| graph.read_node(&realms, id)).await
    }

    async fn neighbours(&self, scope: Scope<'_>, hop: Hop<'_>) -> Result<Neighbours> {
        let realms = scope.realms.clone();
        let (node, direction, limit) = (hop.node, hop.direction, hop.limit);
        let kinds = hop.kinds.to_vec();
        self.read(scope.org, move |graph| {
            graph.neighbours(&realms, &Hop { node, direction, kinds: &kinds, limit })
        })
        .await
    }

    async fn expand(&self, scope: Scope<'_>, expand: Expand<'_>) -> Result<Subgraph> {
        expand.check()?;
        let realms = scope.realms.clone();
        let (nodes, kinds) = (expand.nodes.to_vec(), expand.kinds.to_vec());
        let labels = expand.labels.to_vec();
        let Expand { depth, direction, limit, work, .. } = expand;
        self.read(scope.org, move |graph| {
            let (nodes, kinds, labels) = (&nodes, &kinds, &labels);
            let expand = Expand { nodes, depth, direction, kinds, labels, limit, work };
            graph.expand(&realms, &expand)
        })
        .await
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
        self.read(org, OrgGraph::watermark).await
    }

    async fn set_watermark(&self, org: OrgId, fact: i64) -> Result<()> {
        self.write(org, move |graph| graph.set_watermark(fact)).await
    }

    async fn clear(&self, org: OrgId) -> Result<()> {
        let slot = self.slot(org).await?;
        let turn = Arc::clone(&slot.writer).lock_owned().await;
        let path = self.path(org);
        self.blocking(move || {
            let _turn = turn;
            match slot.state() {
                State::Closed => return Err(CLOSED),
                // It is thrown away, so what it says no longer matters.
                State::Open(graph) => drop(guarded(org, || {
                    graph.close();
                    Ok(())
                })),
                State::NotOpen => {}
            }
            slot.put(State::NotOpen);
            file::remove(&path)
        })
        .await
    }

    async fn close(&self) -> Result<()> {
        let Some(orgs) = self.orgs.lock().await.take() else { return Ok(()) };
        for slot in orgs.into_values() {
            let turn = Arc::clone(&slot.writer).lock_owned().await;
            self.blocking(move || {
                let _turn = turn;
                if let State::Open(graph) = slot.state() {
                    graph.close();
                }
                slot.put(State::Closed);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}

impl Embedded {
    async fn apply_nodes(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<NodeChange>,
    ) -> Result<Applied> {
        self.write(org, move |graph| {
            let mut written = 0;
            for piece in changes.chunks(PIECE) {
                written += graph.apply_nodes(piece)?;
            }
            Ok(Applied { written, stale: sent - written, waiting: Vec::new() })
        })
        .await
    }

    async fn apply_edges(
        &self,
        org: OrgId,
        sent: usize,
        changes: Vec<EdgeChange>,
    ) -> Result<Applied> {
        self.write(org, move |graph| {
            let (mut written, mut waiting) = (0, Vec::new());
            for piece in changes.chunks(PIECE) {
                written += graph.apply_edges(piece, &mut waiting)?;
            }
            Ok(Applied { written, stale: sent - written - waiting.len(), waiting })
        })
        .await
    }
}
