//! The three stores, each external or embedded.

use std::{str::FromStr, sync::Arc};

use agentcy_bus::Bus;
use agentcy_config::Config;
use agentcy_core::{Chain, System};
use agentcy_graph::GraphStore;
use agentcy_platform::{Ground, lifecycle::Lifecycle};
use agentcy_store::{
    Db, POOL_SIZE, PgConnectOptions,
    embedded::{self, Embedded},
    installation, migrate,
};
use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::lease::Twin;

/// How many threads the embedded graph works on.
const GRAPH_THREADS: usize = 4;

/// PostgreSQL, up to date and fit to work on.
pub(crate) struct Postgres {
    pub(crate) db: Db,
    embedded: Option<Arc<Embedded>>,
}

impl Postgres {
    /// Starts our own or contacts the configured one; migrates where we may.
    pub(crate) async fn start(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<Self> {
        let (embedded, owner, app) = if let Some(url) = &config.database.url {
            let owner = config.database.migrate_url.as_ref().map(login).transpose()?;
            (None, owner, login(url)?)
        } else {
            let bin = config.database.pg_bin.clone();
            let options = embedded::Options { bin, ..embedded::Options::new(&config.data_dir) };
            let embedded = Arc::new(Embedded::start(options).await?);
            let (owner, app) = (embedded.owner(), embedded.app());
            let supervised = Arc::clone(&embedded);
            lifecycle.spawn_beyond(async move { supervised.supervise().await });
            (Some(embedded), Some(owner), app)
        };
        if let Some(owner) = owner {
            let migrated = migrate::migrate(&owner, &app).await;
            migrated.context("the database could not be migrated")?;
        } else {
            let pending = migrate::pending(&app).await.context("DATABASE_URL cannot be used")?;
            if !pending.is_empty() {
                bail!(
                    "the database is {} migrations behind; run `agentcy migrate`, or set DATABASE_MIGRATE_URL",
                    pending.len()
                );
            }
        }
        migrate::check_fit(&app).await?;
        Ok(Self { db: Db::new(app, POOL_SIZE), embedded })
    }

    /// One that another process started.
    pub(crate) fn of(login: PgConnectOptions) -> Self {
        Self { db: Db::new(login, POOL_SIZE), embedded: None }
    }

    /// Ends our own, if there is one.
    pub(crate) async fn stop(self) {
        self.db.close();
        let Some(embedded) = self.embedded else { return };
        if let Err(error) = embedded.stop().await {
            tracing::warn!(error = %Chain(&error), "the embedded PostgreSQL did not stop in time");
        }
    }
}

/// The login of a URL. Its text holds a password and is never repeated.
pub(crate) fn login(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_| anyhow::anyhow!("a PostgreSQL URL cannot be read"))
}

/// What this database is called by what is kept outside of it.
pub(crate) async fn installation(db: &Db, system: &System) -> anyhow::Result<Uuid> {
    let mut tx = db.system(system).await?;
    let id = installation::find(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}

/// The twins in this process, which allow no second one.
pub(crate) fn embedded_twins(config: &Config) -> Vec<Twin> {
    let graph =
        config.neo4j.is_none().then_some(Twin { lease: "embedded:graph", variable: "NEO4J_URI" });
    let bus =
        config.redis.is_none().then_some(Twin { lease: "embedded:bus", variable: "REDIS_URL" });
    graph.into_iter().chain(bus).collect()
}

pub(crate) fn graph(config: &Config, installation: Uuid) -> anyhow::Result<Arc<dyn GraphStore>> {
    let Some(neo4j) = &config.neo4j else {
        let folder = config.data_dir.join("graph");
        return Ok(Arc::new(agentcy_graph::Embedded::open(&folder, installation, GRAPH_THREADS)?));
    };
    let mut settings = agentcy_graph::neo4j::Settings::new(
        neo4j.uri.as_str(),
        neo4j.user.as_str(),
        neo4j.password.clone(),
    );
    settings.database.clone_from(&neo4j.database);
    Ok(Arc::new(agentcy_graph::Neo4j::open(settings, installation)?))
}

pub(crate) fn bus(config: &Config, ground: &Ground, lifecycle: &Lifecycle) -> anyhow::Result<Bus> {
    let stop = lifecycle.hard_token().clone();
    let entropy = Arc::clone(&ground.entropy);
    Ok(match &config.redis {
        None => Bus::in_process(Arc::clone(&ground.clock), entropy, stop),
        Some(url) => {
            // Not among the tasks that a soft stop waits for: it serves those until they are done.
            let tasks = TaskTracker::new();
            Bus::redis(url.expose_secret(), "agentcy", entropy, &tasks, stop)?
        }
    })
}
