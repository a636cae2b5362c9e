//! A graph engine that counts what is written to it, and breaks where the test says.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agentcy_core::id::{EdgeId, NodeId, OrgId};
use agentcy_graph::{
    Applied, Edge, Engine, Error, Expand, GraphStore, Hop, Isolation, Neighbours, Node, Properties,
    Removal, Result, Scope, Subgraph,
    cypher::{Bounds, Checked, Table},
};
use tokio::sync::Notify;

/// What the projector asks of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// `upsert_nodes`
    UpsertNodes,
    /// `upsert_edges`
    UpsertEdges,
    /// `remove_nodes`
    RemoveNodes,
    /// `remove_edges`
    RemoveEdges,
    /// `forget_removals`
    ForgetRemovals,
    /// `watermark`
    Watermark,
    /// `set_watermark`
    SetWatermark,
    /// `clear`
    Clear,
}

/// When a call breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before it has its effect.
    Before,
    /// After it.
    After,
}

/// How a call breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It never comes back, as when the process ends there.
    Halt,
    /// It waits until the test calls [`FaultyGraph::go_on`].
    Wait,
    /// The engine is not available.
    Unavailable,
    /// The graph is damaged.
    Corrupt,
}

/// Another engine, with faults.
pub struct FaultyGraph {
    inner: Arc<dyn GraphStore>,
    state: Mutex<State>,
    reached: Notify,
    go_on: Notify,
}

#[derive(Default)]
struct State {
    calls: Vec<(OrgId, Call)>,
    plan: Option<Plan>,
}

#[derive(Clone, Copy)]
struct Plan {
    org: OrgId,
    /// How many calls pass before the one that breaks.
    passes: usize,
    when: When,
    how: Break,
    /// Whether every later call breaks too.
    lasts: bool,
}

impl FaultyGraph {
    /// The same engine without faults so far.
    pub fn new(inner: Arc<dyn GraphStore>) -> Arc<Self> {
        let (reached, go_on) = (Notify::new(), Notify::new());
        Arc::new(Self { inner, state: Mutex::default(), reached, go_on })
    }

    /// The engine behind it.
    pub fn inner(&self) -> &dyn GraphStore {
        self.inner.as_ref()
    }

    /// Breaks the call for this org that comes after so many others for it.
    pub fn break_after(&self, org: OrgId, passes: usize, when: When, how: Break) {
        self.state().plan = Some(Plan { org, passes, when, how, lasts: false });
    }

    /// Breaks every call for this org from now on.
    pub fn break_org(&self, org: OrgId, how: Break) {
        let plan = Plan { org, passes: 0, when: When::Before, how, lasts: true };
        self.state().plan = Some(plan);
    }

    /// From now on nothing breaks; whether what was planned had happened.
    pub fn mend(&self) -> bool {
        self.state().plan.take().is_none_or(|plan| plan.lasts)
    }

    /// Done once a call has come to where it halts or waits.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets a waiting call go on.
    pub fn go_on(&self) {
        self.go_on.notify_one();
    }

    /// What was asked since the last time this was called.
    pub fn calls(&self) -> Vec<(OrgId, Call)> {
        std::mem::take(&mut self.state().calls)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call, and finds out whether it is the one that breaks.
    fn count(&self, org: OrgId, call: Call) -> Option<Plan> {
        let mut state = self.state();
        state.calls.push((org, call));
        let plan = state.plan.as_mut()?;
        if plan.org != org {
            return None;
        }
        if plan.passes > 0 {
            plan.passes -= 1;
            return None;
        }
        let plan = *plan;
        if !plan.lasts {
            state.plan = None;
        }
        Some(plan)
    }

    async fn break_now(&self, org: OrgId, plan: Option<Plan>, when: When) -> Result<()> {
        let Some(plan) = plan.filter(|plan| plan.when == when) else { return Ok(()) };
        match plan.how {
            Break::Halt => {
                self.reached.notify_one();
                pending().await
            }
            Break::Wait => {
                self.reached.notify_one();
                self.go_on.notified().await;
                Ok(())
            }
            Break::Unavailable => Err(Error::Unavailable { engine: "faulty", source: None }),
            Break::Corrupt => Err(Error::Corrupt { org, what: "a test".to_owned(), source: None }),
        }
    }

    async fn through<T>(
        &self,
        org: OrgId,
        call: Call,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let plan = self.count(org, call);
        self.break_now(org, plan, When::Before).await?;
        let done = work.await?;
        self.break_now(org, plan, When::After).await?;
        Ok(done)
    }
}

#[async_trait::async_trait]
impl GraphStore for FaultyGraph {
    fn engine(&self) -> Engine {
        self.inner.engine()
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    async fn isolation(&self, org: OrgId) -> Result<Isolation> {
        self.inner.isolation(org).await
    }

    async fn upsert_nodes(&self, org: OrgId, nodes: &[Node]) -> Result<Applied> {
        self.through(org, Call::UpsertNodes, self.inner.upsert_nodes(org, nodes)).await
    }

    async fn upsert_edges(&self, org: OrgId, edges: &[Edge]) -> Result<Applied> {
        self.through(org, Call::UpsertEdges, self.inner.upsert_edges(org, edges)).await
    }

    async fn remove_nodes(&self, org: OrgId, nodes: &[Removal<NodeId>]) -> Result<Applied> {
        self.through(org, Call::RemoveNodes, self.inner.remove_nodes(org, nodes)).await
    }

    async fn remove_edges(&self, org: OrgId, edges: &[Removal<EdgeId>]) -> Result<Applied> {
        self.through(org, Call::RemoveEdges, self.inner.remove_edges(org, edges)).await
    }

    async fn forget_removals(&self, org: OrgId, before: i64) -> Result<()> {
        self.through(org, Call::ForgetRemovals, self.inner.forget_removals(org, before)).await
    }

    async fn read_node(&self, scope: Scope<'_>, id: NodeId) -> Result<Option<Node>> {
        self.inner.read_node(scope, id).await
    }

    async fn neighbours(&self, scope: Scope<'_>, hop: Hop<'_>) -> Result<Neighbours> {
        self.inner.neighbours(scope, hop).await
    }

    async fn expand(&self, scope: Scope<'_>, expand: Expand<'_>) -> Result<Subgraph> {
        self.inner.expand(scope, expand).await
    }

    async fn cypher(
        &self,
        org: OrgId,
        query: &Checked,
        params: &Properties,
        bounds: Bounds,
    ) -> Result<Table> {
        self.inner.cypher(org, query, params, bounds).await
    }

    async fn watermark(&self, org: OrgId) -> Result<i64> {
        self.through(org, Call::Watermark, self.inner.watermark(org)).await
    }

    async fn set_watermark(&self, org: OrgId, fact: i64) -> Result<()> {
        self.through(org, Call::SetWatermark, self.inner.set_watermark(org, fact)).await
    }

    async fn clear(&self, org: OrgId) -> Result<()> {
        self.through(org, Call::Clear, self.inner.clear(org)).await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}
