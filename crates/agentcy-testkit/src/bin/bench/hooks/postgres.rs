//! A PostgreSQL that flushes, with room for as many clients as are compared. The embedded one makes its cluster; it has
//! room for one server alone.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use agentcy_store::{
    PgConnectOptions,
    embedded::{Embedded, Options},
    migrate,
};
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, Connection as _, Executor as _};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::measure::Spread;

const PATIENCE: Duration = Duration::from_mins(1);
const SETTINGS: [&str; 6] = [
    "max_connections=120",
    "listen_addresses=",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "jit=off",
    "log_destination=stderr",
];

/// How a slow disk is stood in for: whoever commits sleeps before it flushes, and those that come meanwhile share its flush.
const SLOW: [&str; 2] = ["commit_delay=3100", "commit_siblings=0"];
/// How many commits tell how long one takes.
const COMMITS: usize = 101;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    /// The disk of this machine.
    Own,
    /// One whose flush takes about 3.3 ms.
    Slow,
}

/// It runs until it is stopped.
pub(super) struct Postgres {
    pub(super) owner: PgConnectOptions,
    pub(super) app: PgConnectOptions,
    child: Child,
    /// Keeps the folders.
    _embedded: Embedded,
}

impl Postgres {
    /// With all migrations, in this folder.
    pub(super) async fn start(folder: &Path, disk: Disk) -> Result<Self> {
        let embedded = Embedded::start(Options::new(folder)).await?;
        let (owner, app) = (embedded.owner(), embedded.app());
        migrate::migrate(&owner, &app).await?;
        embedded.stop().await?;
        let data = folder.join("postgres/data");
        let account = fs::metadata(&data)?;
        let socket: &PathBuf = owner.get_socket().context("no socket")?;
        let mut command = Command::new(embedded.programs().join("postgres"));
        command.arg("-D").arg(&data).arg("-k").arg(socket);
        command.arg("-p").arg(owner.get_port().to_string());
        let slow = if disk == Disk::Slow { &SLOW[..] } else { &[] };
        for setting in SETTINGS.iter().chain(slow) {
            command.args(["-c", setting]);
        }
        // PostgreSQL refuses to run as root: it runs as whose cluster it is.
        command.uid(account.uid()).gid(account.gid()).current_dir(&data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn().context("postgres does not start")?;
        let started = Instant::now();
        loop {
            match owner.connect().await {
                Ok(conn) => break conn.close().await?,
                Err(error) => ensure!(started.elapsed() < PATIENCE, "no postgres: {error}"),
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { owner, app, child, _embedded: embedded })
    }

    /// How long one commit of one row takes, alone, in ms.
    pub(super) async fn commit_millis(&self) -> Result<Spread> {
        let mut conn = self.owner.connect().await?;
        conn.execute("create table if not exists flushed (at int)").await?;
        let mut took = Vec::new();
        for _ in 0..COMMITS {
            let began = Instant::now();
            sqlx::query("insert into flushed values (1)").execute(&mut conn).await?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        conn.close().await?;
        Ok(Spread::of(took))
    }

    /// Ends it, whoever is connected.
    pub(super) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        kill_process(pid.context("no such process")?, Signal::INT)?;
        timeout(PATIENCE, self.child.wait()).await.context("postgres does not stop")??;
        Ok(())
    }
}
