//! The composition root: settings become engines, engines become a platform.

mod absent;
mod lease;
mod setup;
mod start;
mod stores;

use std::sync::Arc;

use agentcy_config::Config;
use agentcy_core::{
    Chain, System,
    clock::{SystemClock, SystemEntropy},
};
use agentcy_egress::Egress;
use agentcy_platform::{
    Engines, Ground, Platform,
    lifecycle::{Lifecycle, take_over},
};
use agentcy_sources::Catalog;
use agentcy_store::Db;
use anyhow::{Context, bail};

use crate::data_dir::DataDir;
pub(crate) use setup::{http, with_signing};
pub(crate) use start::{lost, start, start_beside, start_once};
use stores::Postgres;
pub(crate) use stores::login;

/// A platform and what must outlive it.
pub(crate) struct Assembly {
    pub(crate) platform: Platform,
    postgres: Postgres,
    leases: Vec<lease::Held>,
    _data_dir: Option<DataDir>,
}

/// Starts what is embedded, contacts what is not, and puts the platform on top.
pub(crate) async fn assemble(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Assembly> {
    let system = system();
    let data_dir = needs_data_dir(config).then(|| DataDir::take(&config.data_dir)).transpose()?;
    let setup = setup::setup(config, data_dir.as_ref())?;
    let ground = Ground { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };

    let postgres = Postgres::start(config, lifecycle).await?;
    let installation = stores::installation(&postgres.db, &system).await?;
    let mut leases = Vec::new();
    for twin in stores::embedded_twins(config) {
        let holder =
            data_dir.as_ref().context("an embedded twin without a data folder")?.instance()?;
        leases.push(lease::hold(&postgres.db, &system, twin, holder, lifecycle).await?);
    }
    let engines = Engines {
        db: postgres.db.clone(),
        bus: stores::bus(config, &ground, lifecycle)?,
        graph: stores::graph(config, installation)?,
        egress: Egress::new(config.egress.allow.clone()),
        connectors: Catalog::built_in(),
    };
    let platform = Platform::new(system, ground, engines, setup);
    if config.database.url.is_none() {
        // Nobody else reaches a PostgreSQL of our own.
        take_over(&platform).await?;
    }
    Ok(Assembly { platform, postgres, leases, _data_dir: data_dir })
}

/// The same for a process that works beside a server: it starts nothing of its own, takes no lease and keeps no folder.
pub(crate) async fn assemble_beside(
    config: &Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Assembly> {
    if config.database.url.is_none() {
        bail!(
            "a process beside the server shares its PostgreSQL; set DATABASE_URL for both, since an embedded one is the server's alone"
        );
    }
    beside(config, lifecycle, Postgres::start(config, lifecycle).await?).await
}

/// Puts the platform on a PostgreSQL that is there.
async fn beside(
    config: &Config,
    lifecycle: &Lifecycle,
    postgres: Postgres,
) -> anyhow::Result<Assembly> {
    let system = system();
    let setup = setup::setup(&setup::borrowed(config)?, None)?;
    let ground = Ground { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
    let installation = stores::installation(&postgres.db, &system).await?;
    let graph = match &config.neo4j {
        Some(_) => stores::graph(config, installation)?,
        None => Arc::new(absent::Absent),
    };
    let engines = Engines {
        db: postgres.db.clone(),
        bus: stores::bus(config, &ground, lifecycle)?,
        graph,
        egress: Egress::new(config.egress.allow.clone()),
        connectors: Catalog::built_in(),
    };
    let platform = Platform::new(system, ground, engines, setup);
    Ok(Assembly { platform, postgres, leases: Vec::new(), _data_dir: None })
}

impl Assembly {
    /// The database.
    pub(crate) const fn db(&self) -> &Db {
        &self.postgres.db
    }

    /// Lets go in the order in which things stand on each other.
    pub(crate) async fn close(self) {
        if let Err(error) = self.platform.close_graph().await {
            tracing::warn!(error = %Chain(&error), "the graph could not be closed; it is checked at the next start");
        }
        for lease in self.leases {
            lease.release().await;
        }
        self.postgres.stop().await;
    }
}

/// Everything that is embedded, and every secret that is made once, lives in the data folder.
fn needs_data_dir(config: &Config) -> bool {
    config.database.url.is_none()
        || config.neo4j.is_none()
        || config.redis.is_none()
        || config.auth.jwt_secret.is_none()
        || config.secrets.encryption_key.is_none()
}

/// The only place where the system door is opened.
#[expect(clippy::disallowed_methods, reason = "this is the composition root")]
pub(crate) const fn system() -> System {
    System::establish()
}
