//! A PostgreSQL of our own, for when no other is configured: made in the data directory, reached through a unix socket
//! in a private folder, ended when this process ends in whatever way, started again when it ends by itself.

mod account;
mod beside;
mod cluster;
mod locks;
mod postmaster;
mod programs;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use agentcy_core::Chain;
use sqlx::{ConnectOptions, Connection as _, postgres::PgConnectOptions};
use tokio::{
    process::{Child, ChildStdin},
    sync::{Mutex as AsyncMutex, watch},
    time::{Instant, sleep, timeout},
};

use self::cluster::Cluster;
use crate::{Error, Result};

pub use self::beside::login_beside;

const DATABASE: &str = "agentcy";
const OWNER: &str = "postgres";
const LOGIN: &str = "agentcy_server";

const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A server that ran this long is not in a loop of crashes.
const STABLE: Duration = Duration::from_mins(1);

/// Where and from what it is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory of the server; the cluster goes into its folder `postgres`.
    pub data_dir: PathBuf,
    /// The folder with `initdb` and `postgres`; without it, it is searched for.
    pub bin: Option<PathBuf>,
    /// Whether commits survive a loss of power. Only tests go without.
    pub durable: bool,
}

impl Options {
    /// A durable cluster in this data directory, from programs that are searched for.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), bin: None, durable: true }
    }
}

/// A running embedded PostgreSQL.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    /// The watchdog, whose end is the end of PostgreSQL.
    child: AsyncMutex<Child>,
    /// What the watchdog holds on to; dropped, it stops PostgreSQL. None once we want it stopped.
    leash: Mutex<Option<ChildStdin>>,
    stopping: watch::Sender<bool>,
    /// Keeps a second process off; freed with this one, however it ends.
    _lock: File,
}

impl Embedded {
    /// Starts it, and makes it first if there is none. Ready for connections when this returns.
    pub async fn start(options: Options) -> Result<Self> {
        let (cluster, lock) = Cluster::prepare(options).await?;
        let (child, leash) = postmaster::boot(&cluster).await?;
        let embedded = Self {
            cluster,
            child: AsyncMutex::new(child),
            leash: Mutex::new(Some(leash)),
            stopping: watch::Sender::new(false),
            _lock: lock,
        };
        embedded.provide_database().await?;
        Ok(embedded)
    }

    /// The login that owns the schema.
    pub fn owner(&self) -> PgConnectOptions {
        self.login(OWNER).database(DATABASE)
    }

    /// The login that the server works as; `migrate` makes it.
    pub fn app(&self) -> PgConnectOptions {
        self.login(LOGIN).database(DATABASE)
    }

    /// The folder of the programs in use.
    pub fn programs(&self) -> &Path {
        self.cluster.programs.dir()
    }

    fn login(&self, name: &str) -> PgConnectOptions {
        login(&self.cluster.socket_dir, name)
    }

    async fn provide_database(&self) -> Result<()> {
        match self.owner().connect().await {
            Ok(conn) => conn.close().await?,
            Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("3D000") => {
                let mut conn = self.login(OWNER).database("postgres").connect().await?;
                sqlx::raw_sql("create database agentcy").execute(&mut conn).await?;
                conn.close().await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Starts PostgreSQL again whenever it ends by itself; returns once [`Self::stop`] was called.
    pub async fn supervise(&self) {
        let mut stopping = self.stopping.subscribe();
        let mut child = self.child.lock().await;
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            let ended = child.wait().await;
            if *stopping.borrow() {
                return;
            }
            tracing::error!(status = ?ended, "the embedded postgres ended by itself, starting it again");
            if started.elapsed() >= STABLE {
                pause = FIRST_PAUSE;
            }
            loop {
                let restart = async {
                    sleep(pause).await;
                    postmaster::boot(&self.cluster).await
                };
                let booted = tokio::select! {
                    booted = restart => booted,
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                };
                pause = (pause * 2).min(LONGEST_PAUSE);
                match booted {
                    Ok((new, leash)) => {
                        *child = new;
                        self.hold(leash);
                        break;
                    }
                    Err(error) => {
                        tracing::error!(
                            error = %Chain(&error),
                            "the embedded postgres does not start"
                        );
                    }
                }
            }
        }
    }

    /// Keeps the leash of a new watchdog, unless we want PostgreSQL stopped by now: then letting go stops it.
    fn hold(&self, leash: ChildStdin) {
        let mut held = self.leash.lock().unwrap_or_else(PoisonError::into_inner);
        if !*self.stopping.borrow() {
            *held = Some(leash);
        }
    }

    /// Ends it: running statements are cancelled, what is committed is written out.
    pub async fn stop(&self) -> Result<()> {
        {
            let mut held = self.leash.lock().unwrap_or_else(PoisonError::into_inner);
            self.stopping.send_replace(true);
            *held = None;
        }
        let mut child = self.child.lock().await;
        if timeout(STOP_TIMEOUT, child.wait()).await.is_ok() {
            return Ok(());
        }
        tracing::warn!(
            "the embedded postgres takes long to stop and is cut short; it recovers at its next start"
        );
        self.cluster.signal(rustix::process::Signal::QUIT);
        match timeout(STOP_TIMEOUT, child.wait()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Unavailable("the embedded postgres does not stop".into())),
        }
    }
}

fn login(socket_dir: &Path, name: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(postmaster::PORT)
        .username(name)
        .password("")
        .ssl_mode(sqlx::postgres::PgSslMode::Disable)
}
