//! The three stores, each contacted for real. What is embedded is started and stopped again.

use std::{path::Path, sync::Arc, time::Duration};

use agentcy_bus::{About, Bus};
use agentcy_config::Config;
use agentcy_core::{Chain, Entropy, clock::SystemEntropy};
use agentcy_graph::{Neo4j, neo4j};
use agentcy_store::{
    Error, PgConnectOptions,
    embedded::{Embedded, Options},
    migrate,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::report::Check;
use crate::{compose, data_dir::DataDir};

const PATIENCE: Duration = Duration::from_secs(5);

/// PostgreSQL: reached, up to date, and with a login that the server may work as.
pub(super) async fn postgres(config: &Config) -> Check {
    let database = &config.database;
    match &database.url {
        Some(url) => outside(url, database.migrate_url.as_ref()).await,
        None => embedded(config).await,
    }
}

async fn outside(url: &SecretString, migrate_url: Option<&SecretString>) -> Check {
    let name = "postgres";
    let unreadable = |variable: &str| {
        let mend = "write it like postgres://user:password@host:5432/agentcy";
        Check::fail(name, format!("{variable} cannot be read"), mend)
    };
    let Ok(app) = compose::login(url) else { return unreadable("DATABASE_URL") };
    let Ok(owner) = migrate_url.map(compose::login).transpose() else {
        return unreadable("DATABASE_MIGRATE_URL");
    };
    // The owner first: the login of the server may be one that migrating makes.
    let (variable, asked) = match &owner {
        Some(owner) => ("DATABASE_MIGRATE_URL", owner),
        None => ("DATABASE_URL", &app),
    };
    let version = match bounded(migrate::version(asked)).await {
        Ok(version) => format!("PostgreSQL {version}"),
        Err(says) => {
            let mend = format!(
                "start PostgreSQL, and see that {variable} names it with the right user and password"
            );
            return Check::fail(name, says, mend);
        }
    };
    match (pending(asked).await, owner.is_some()) {
        (Err(says), _) => {
            let mend =
                "run `agentcy migrate` with DATABASE_MIGRATE_URL set to the owner of the database";
            Check::fail(name, format!("{version}: {says}"), mend)
        }
        (Ok(0), _) => match fit(&app).await {
            Ok(()) => Check::ok(
                name,
                format!("{version}, up to date, and the login is fit for the server"),
            ),
            Err(says) => Check::fail(name, says, "see DATABASE_URL, and run `agentcy migrate`"),
        },
        (Ok(count), true) => {
            let says =
                format!("{version}: {count} migrations pend; the server runs them when it starts");
            Check::warn(name, says, "run `agentcy migrate` to have it done before")
        }
        (Ok(count), false) => {
            let mend =
                "run `agentcy migrate` with DATABASE_MIGRATE_URL set to the owner of the database";
            Check::fail(name, format!("{version}: {count} migrations pend"), mend)
        }
    }
}

/// How many migrations the database lacks.
async fn pending(login: &PgConnectOptions) -> Result<usize, String> {
    bounded(migrate::pending(login)).await.map(|pending| pending.len())
}

async fn fit(login: &PgConnectOptions) -> Result<(), String> {
    bounded(migrate::check_fit(login)).await
}

async fn bounded<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(|error| Chain(&error).to_string()),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

/// Starts our own and stops it again: on the data that is there, else on scratch data.
async fn embedded(config: &Config) -> Check {
    let name = "postgres";
    let mend = "set AGENTCY_PG_BIN to the folder of its programs, or DATABASE_URL to a server";
    let is_made = config.data_dir.join("postgres").exists();
    let found = if is_made {
        match DataDir::take(&config.data_dir) {
            Ok(_held) => start(config, &config.data_dir, true).await,
            Err(error) => Err(format!("{error:#}")),
        }
    } else {
        scratch(config).await
    };
    match found {
        Ok(version) if is_made => {
            Check::ok(name, format!("PostgreSQL {version}, embedded; its data is sound"))
        }
        Ok(version) => Check::ok(
            name,
            format!("PostgreSQL {version}, embedded; it works, and is made at the first start"),
        ),
        Err(says) => Check::fail(name, says, mend),
    }
}

async fn scratch(config: &Config) -> Result<String, String> {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random);
    let folder = std::env::temp_dir().join(format!("agentcy-doctor-{}", hex::encode(random)));
    // Others pass through: as root PostgreSQL runs as somebody else.
    let held = DataDir::take(&folder).map_err(|error| format!("{error:#}"))?;
    let found = start(config, &folder, false).await;
    drop(held);
    let gone = std::fs::remove_dir_all(&folder);
    gone.map_err(|error| format!("{} cannot be removed: {error}", folder.display())).and(found)
}

/// Gives its version.
async fn start(config: &Config, folder: &Path, durable: bool) -> Result<String, String> {
    let bin = config.database.pg_bin.clone();
    let options = Options { bin, durable, ..Options::new(folder) };
    let embedded = Embedded::start(options).await.map_err(|error| Chain(&error).to_string())?;
    let version = bounded(migrate::version(&embedded.owner())).await;
    embedded.stop().await.map_err(|error| Chain(&error).to_string())?;
    version
}

/// The graph engine.
pub(super) async fn graph(config: &Config) -> Check {
    let name = "neo4j";
    let Some(settings) = &config.neo4j else {
        let folder = config.data_dir.join("graph");
        return Check::ok(
            name,
            format!("not set: the embedded engine keeps its files in {}", folder.display()),
        );
    };
    let link = neo4j::Settings {
        database: settings.database.clone(),
        ..neo4j::Settings::new(settings.uri.as_str(), &settings.user, settings.password.clone())
    };
    // Whose projection it is does not matter here.
    let answer = match Neo4j::open(link, Uuid::nil()) {
        Ok(graph) => timeout(PATIENCE, graph.about()).await,
        Err(error) => Ok(Err(error)),
    };
    let mend = "start Neo4j, and see NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD";
    match answer {
        Ok(Ok(about)) if about.is_unbounded() => Check::warn(
            name,
            format!("Neo4j {}: one transaction may take all of its memory", about.version),
            "set dbms.memory.transaction.total.max in its settings, such as 1g",
        ),
        Ok(Ok(about)) => Check::ok(name, format!("Neo4j {} at {}", about.version, settings.uri)),
        Ok(Err(error)) => Check::fail(name, Chain(&error).to_string(), mend),
        Err(_) => Check::fail(name, format!("no answer within {PATIENCE:?}"), mend),
    }
}

/// The bus.
pub(super) async fn bus(config: &Config) -> Check {
    let name = "redis";
    let Some(url) = &config.redis else {
        return Check::ok(name, "not set: the bus is in the process, for one replica");
    };
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let bus =
        Bus::redis(url.expose_secret(), "agentcy", Arc::new(SystemEntropy), &tasks, stop.clone());
    let answer = match bus {
        Ok(bus) => timeout(PATIENCE, bus.about()).await,
        Err(error) => Ok(Err(error)),
    };
    stop.cancel();
    let mend = "start Redis, and see that REDIS_URL names it with the right password";
    match answer {
        Ok(Ok(about)) => about.map_or_else(|| Check::ok(name, "in process"), judge_redis),
        Ok(Err(error)) => Check::fail(name, Chain(&error).to_string(), mend),
        Err(_) => Check::fail(name, format!("no answer within {PATIENCE:?}"), mend),
    }
}

fn judge_redis(about: About) -> Check {
    let name = "redis";
    let version = format!("Redis {}", about.version);
    if about.is_too_old() {
        return Check::fail(
            name,
            format!("{version} is too old"),
            "use Redis 6.2 or newer, or Valkey",
        );
    }
    if about.may_forget() {
        let policy = about.when_full.unwrap_or_default();
        let says = format!("{version} forgets what it keeps for us when it is full ({policy})");
        return Check::warn(name, says, "set maxmemory-policy to noeviction in its settings");
    }
    Check::ok(name, format!("{version} answers"))
}
