//! A platform whose graph engine can be broken, and the loops that number and project turned by hand.

use std::{collections::BTreeMap, ops::Deref, path::PathBuf, sync::Arc};

use agentcy_core::{
    Action, By, Realms, Role,
    id::{Id as _, OrgId},
};
use agentcy_graph::{Direction, Embedded, GraphStore, Hop, Scope};
use agentcy_platform::{
    order::{self, Sequencer},
    projection::{Projector, Turn},
};
use agentcy_testkit::{faulty_graph::FaultyGraph, platform::TestPlatform, postgres::TestDb};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::ledger::{Ledger, Present, present};

pub(crate) struct Stage {
    under: TestPlatform,
    pub(crate) graph: Arc<FaultyGraph>,
    sequencer: Mutex<Sequencer>,
    folder: TempDir,
}

impl Deref for Stage {
    type Target = TestPlatform;
    fn deref(&self) -> &TestPlatform {
        &self.under
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let graph = Embedded::open(folder.path(), Uuid::from_u128(1), 2).unwrap();
        Self::over(TestDb::new().await, folder, Arc::new(graph))
    }

    pub(crate) fn over(database: TestDb, folder: TempDir, engine: Arc<dyn GraphStore>) -> Self {
        let graph = FaultyGraph::new(engine);
        let under = TestPlatform::over(
            database,
            |_| {},
            |_, engines| engines.graph = Arc::clone(&graph) as Arc<dyn GraphStore>,
        );
        let sequencer = Mutex::new(Sequencer::new(&under.platform));
        Self { under, graph, sequencer, folder }
    }

    /// The next start of the server, with something done to the closed graph files before.
    pub(crate) async fn restart_after(self, meanwhile: impl FnOnce(&Self)) -> Self {
        self.restart_as(1, meanwhile).await
    }

    /// The next start as an installation of another id.
    pub(crate) async fn restart_as(self, id: u128, meanwhile: impl FnOnce(&Self)) -> Self {
        self.graph.inner().close().await.unwrap();
        self.depose().await;
        meanwhile(&self);
        let Self { under, folder, .. } = self;
        let graph = Embedded::open(folder.path(), Uuid::from_u128(id), 2).unwrap();
        let TestPlatform { database, .. } = under;
        Self::over(database, folder, Arc::new(graph))
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::new(self.org().await)
    }

    pub(crate) fn file(&self, org: OrgId) -> PathBuf {
        self.folder.path().join(format!("{}.grafeo", org.uuid()))
    }

    /// Numbers everything that is committed.
    pub(crate) async fn number(&self) {
        let mut sequencer = self.sequencer.lock().await;
        while sequencer.turn(&self.platform).await.unwrap() == order::Turn::More {}
    }

    /// Nobody holds a lease any more, as when their processes were killed some time ago.
    pub(crate) async fn depose(&self) {
        self.database
            .execute("update leases set expires_at = '-infinity' where name = 'projector'")
            .await;
    }

    pub(crate) fn projector(&self) -> Projector {
        Projector::new(&self.platform)
    }

    /// Numbers, and projects with a projector of its own until there is nothing left to do.
    pub(crate) async fn project(&self) {
        self.number().await;
        let mut projector = self.projector();
        self.turn(&mut projector).await;
        projector.finish(&self.platform).await.unwrap();
    }

    /// Turns a projector until there is nothing left to do.
    pub(crate) async fn turn(&self, projector: &mut Projector) {
        while projector.turn(&self.platform).await.unwrap() != Turn::Idle {}
    }

    /// The row that says how far the graph is.
    pub(crate) async fn row(&self, org: OrgId) -> Value {
        let org = Uuid::from(org);
        let query = format!("select * from projections where org_id = '{org}'");
        self.database.rows(&query).await.pop().unwrap_or_default()
    }

    /// A reader of an org.
    pub(crate) async fn by(&self, org: OrgId) -> By {
        let caller = self.caller(org, Role::Viewer).await;
        self.platform.permit(&caller, Action::GraphRead).await.unwrap()
    }

    /// Whether the graph shows exactly what the ledger does.
    pub(crate) async fn assert_equal(&self, org: OrgId) {
        assert_eq!(self.shown(org).await, present(self, org).await);
    }

    /// Everything that the graph shows of what the ledger ever knew, read node by node.
    pub(crate) async fn shown(&self, org: OrgId) -> Present {
        let graph = self.graph.inner();
        let scope = Scope { org, realms: &Realms::All };
        let query = format!(
            "select id from entities where org_id = '{}' and kind = 'node'",
            Uuid::from(org)
        );
        let (mut nodes, mut edges) = (BTreeMap::new(), BTreeMap::new());
        for row in self.database.rows(&query).await {
            let id: Uuid = row["id"].as_str().unwrap().parse().unwrap();
            let Some(node) = graph.read_node(scope, id.into()).await.unwrap() else { continue };
            assert_eq!(node.labels, ["Thing"]);
            nodes.insert(id, Value::Object(node.properties));
            let hop =
                Hop { node: id.into(), direction: Direction::Out, kinds: &[], limit: 100_000 };
            for item in graph.neighbours(scope, hop).await.unwrap().items {
                let ends = (Uuid::from(item.edge.from), Uuid::from(item.edge.to));
                let twice = edges.insert(Uuid::from(item.edge.id), ends);
                assert_eq!(twice, None, "an edge is there twice");
            }
        }
        (nodes, edges)
    }
}

/// A small graph in a few batches, with everything that can happen to one.
pub(crate) async fn history(stage: &TestPlatform, ledger: &mut Ledger) {
    ledger.node(1, "one");
    ledger.node(2, "two");
    ledger.edge(11, 1, 2);
    ledger.edge(12, 2, 3);
    ledger.write(stage).await;
    ledger.node(3, "three");
    ledger.node(4, "four");
    ledger.edge(13, 3, 4);
    ledger.edge(14, 4, 4);
    ledger.write(stage).await;
    ledger.node(1, "first");
    ledger.no_edge(11);
    ledger.no_node(4);
    ledger.write(stage).await;
}
