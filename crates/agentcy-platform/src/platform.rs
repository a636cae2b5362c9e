//! What every operation stands on.

use std::{fmt, ops::Deref, sync::Arc};

use agentcy_bus::Bus;
use agentcy_core::{By, Clock, Entropy, Ids, Page, System};
use agentcy_egress::Egress;
use agentcy_graph::GraphStore;
use agentcy_sources::Catalog;
use agentcy_store::{Db, Reader, Tx};

use crate::{
    Listing, PageRequest, Result, Sealer,
    auth::Auth,
    graph, health,
    page::{Cursors, TimeKey},
    setup::Setup,
};

/// Time, ids and randomness.
#[derive(Clone)]
pub struct Ground {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Secrets.
    pub entropy: Arc<dyn Entropy>,
}

/// The engines below.
#[derive(Clone)]
pub struct Engines {
    /// PostgreSQL.
    pub db: Db,
    /// Redis, or in process.
    pub bus: Bus,
    /// Neo4j, or embedded.
    pub graph: Arc<dyn GraphStore>,
    /// The way out.
    pub egress: Egress,
    /// The kinds of sources.
    pub connectors: Catalog,
}

/// What every operation stands on. Cheap to clone; made once by the composition root.
#[derive(Clone)]
pub struct Platform {
    parts: Arc<Parts>,
}

/// What a [`Platform`] is made of; operations reach it by dereferencing.
pub struct Parts {
    pub(crate) db: Db,
    pub(crate) bus: Bus,
    pub(crate) graph: Arc<dyn GraphStore>,
    pub(crate) egress: Egress,
    pub(crate) connectors: Catalog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) system: System,
    pub(crate) setup: Setup,
    pub(crate) sealer: Sealer,
    pub(crate) cursors: Cursors,
    pub(crate) health: health::Cache,
    pub(crate) counts: graph::Counts,
    pub(crate) auth: Auth,
}

impl Platform {
    /// Puts the parts together.
    pub fn new(system: System, ground: Ground, engines: Engines, setup: Setup) -> Self {
        let (current, previous) = setup.sealing;
        let sealer = Sealer::new(current, previous, Arc::clone(&ground.entropy));
        let cursors = Cursors::new(sealer.derive("cursor"));
        let ids = Ids::new(Arc::clone(&ground.clock), Arc::clone(&ground.entropy));
        let Engines { db, bus, graph, egress, connectors } = engines;
        let Ground { clock, entropy } = ground;
        let health = health::Cache::default();
        let counts = graph::Counts::default();
        let auth = Auth::new(&setup.auth, &egress, &clock, &entropy);
        let parts = Parts {
            db,
            bus,
            graph,
            egress,
            connectors,
            clock,
            ids,
            entropy,
            system,
            setup,
            sealer,
            cursors,
            health,
            counts,
            auth,
        };
        Self { parts: Arc::new(parts) }
    }

    /// The features that the environment has on.
    pub fn features(&self) -> agentcy_core::Features {
        self.setup.features
    }

    /// Writes what the embedded graph still holds in memory, and lets go of it.
    pub async fn close_graph(&self) -> Result<()> {
        Ok(self.graph.close().await?)
    }

    /// The present moment.
    pub fn now(&self) -> agentcy_core::Timestamp {
        self.clock.now()
    }

    /// Opens reads in the org of a permitted caller.
    pub async fn read(&self, by: &By) -> Result<Reader> {
        Ok(self.db.read(by).await?)
    }

    /// Opens a transaction in the org of a permitted caller.
    pub async fn begin(&self, by: &By) -> Result<Tx> {
        Ok(self.db.begin(by).await?)
    }

    /// Where a list goes on that is sorted by time. `scope` names org, list and filters.
    pub fn after(&self, scope: &str, request: &PageRequest) -> Result<Option<TimeKey>> {
        self.cursors.read(scope, request)
    }

    /// Makes a page of such a list presentable.
    pub fn listing<T>(&self, scope: &str, page: Page<T, TimeKey>) -> Listing<T> {
        self.cursors.listing(scope, page)
    }

    /// A new id of whichever kind is asked for.
    pub fn new_id<T: agentcy_core::id::Id>(&self) -> T {
        self.ids.next()
    }
}

impl Deref for Platform {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Platform")
    }
}
