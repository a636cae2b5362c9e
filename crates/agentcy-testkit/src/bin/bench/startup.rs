//! The real binary: how soon it is ready, and what it takes when it has nothing to do.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use agentcy_testkit::postgres::TestDb;
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    load::Request,
    machine::{Memory, memory},
    measure::{ROUNDS, Spread},
};

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);
/// What a server does after it is ready is over by then.
const SETTLED: Duration = Duration::from_secs(3);

/// Settings of ours that the server may need.
const PASSED_ON: [&str; 3] = ["PATH", "HOME", "AGENTCY_PG_BIN"];

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) pid: u32,
    pub(crate) address: SocketAddr,
    ready: Duration,
}

/// Measures it.
pub(crate) async fn measure() -> Result<Value> {
    let binary = binary()?;
    let mut fresh = Vec::new();
    let (mut warm, mut idle) = (Vec::new(), None);
    for round in 0..ROUNDS {
        let folder = folder()?;
        fresh.push(once(&binary, folder.path(), &[]).await?);
        if round + 1 == ROUNDS {
            for _ in 0..ROUNDS {
                warm.push(once(&binary, folder.path(), &[]).await?);
            }
            idle = Some(settled(&binary, folder.path(), &[]).await?);
        }
    }
    let embedded = idle.context("no round was run")?;
    let external = external(&binary).await?;
    let (fresh, warm) = (Spread::of(fresh), Spread::of(warm));
    println!("\nfrom the start to the first 200 of /readyz");
    println!("  fresh folder  {fresh:.0} ms (target: 5000)");
    println!("  warm folder   {warm:.0} ms (target: 300)");
    println!("\nidle memory");
    println!("  embedded      {:.0} MiB resident with its PostgreSQL (target: 200)", embedded.rss);
    println!("                {:.0} MiB with shared pages counted once", embedded.pss);
    println!("                {:.0} MiB the server alone", embedded.alone);
    let (without, which) = &external;
    println!("  external      {:.0} MiB the server alone (target: 48), {which}", without.alone);
    let told = |memory: &Memory| json!({ "rss": memory.rss, "pss": memory.pss, "server_rss": memory.alone });
    Ok(json!({
        "fresh_millis": fresh.json(),
        "warm_millis": warm.json(),
        "idle_mib": { "embedded": told(&embedded), "external": told(without), "external_stores": which },
    }))
}

/// One of `AGENTCY_BENCH_BINARY`, or the one that cargo built beside us.
pub(crate) fn binary() -> Result<PathBuf> {
    let path = setting("AGENTCY_BENCH_BINARY").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/agentcy"),
        PathBuf::from,
    );
    ensure!(
        path.is_file(),
        "{} is missing: cargo build --release -p agentcy, or set AGENTCY_BENCH_BINARY",
        path.display()
    );
    Ok(path)
}

#[expect(clippy::disallowed_methods, reason = "the bench is set up by the environment")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A folder that PostgreSQL can get to although it may run as another user.
pub(crate) fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("agentcy-bench-").tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// The server alone, on a database that is there already, and whatever else the environment names.
async fn external(binary: &Path) -> Result<(Memory, String)> {
    let database = TestDb::new().await;
    let mut settings = vec![("DATABASE_URL", database.app_url())];
    let mut which = "PostgreSQL".to_owned();
    if let Some(redis) = setting("AGENTCY_TEST_REDIS") {
        settings.push(("REDIS_URL", redis));
        which.push_str(" and Redis");
    }
    if let (Some(uri), Some(user), Some(password)) = (
        setting("AGENTCY_TEST_NEO4J"),
        setting("AGENTCY_TEST_NEO4J_USER"),
        setting("AGENTCY_TEST_NEO4J_PASSWORD"),
    ) {
        settings.extend([("NEO4J_URI", uri), ("NEO4J_USER", user), ("NEO4J_PASSWORD", password)]);
        which.push_str(" and Neo4j");
    }
    let folder = folder()?;
    let memory = settled(binary, folder.path(), &settings).await?;
    Ok((memory, format!("{which} outside")))
}

/// The memory of a server that has been ready for a while.
async fn settled(binary: &Path, folder: &Path, settings: &[(&str, String)]) -> Result<Memory> {
    let server = start(binary, folder, settings).await?;
    sleep(SETTLED).await;
    let memory = memory(server.pid)?;
    server.stop().await?;
    Ok(memory)
}

/// Starts and stops it; how long the start took in milliseconds.
async fn once(binary: &Path, folder: &Path, settings: &[(&str, String)]) -> Result<f64> {
    let server = start(binary, folder, settings).await?;
    let ready = server.ready.as_secs_f64() * 1e3;
    server.stop().await?;
    Ok(ready)
}

/// Starts it, and gives it once it is ready.
pub(crate) async fn start(
    binary: &Path,
    folder: &Path,
    settings: &[(&str, String)],
) -> Result<Server> {
    let address = free_address()?;
    let log = std::fs::File::create(folder.join("server.log"))?;
    let mut command = Command::new(binary);
    command
        .arg("serve")
        .env_clear()
        .envs(PASSED_ON.iter().filter_map(|name| Some((*name, setting(name)?))))
        .env("AGENTCY_BIND", address.to_string())
        .env("AGENTCY_DATA_DIR", folder.join("data"))
        .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    let started = Instant::now();
    let mut child =
        command.spawn().with_context(|| format!("{} does not start", binary.display()))?;
    let pid = child.id().context("a server without a process")?;
    let request =
        Request { address, bytes: "GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n".into() };
    while request.once().await.is_err() {
        if let Some(status) = child.try_wait()? {
            let said = std::fs::read_to_string(folder.join("server.log"))?;
            bail!("the server ended with {status}: {said}");
        }
        ensure!(started.elapsed() < PATIENCE, "the server is not ready after {PATIENCE:?}");
        sleep(Duration::from_millis(2)).await;
    }
    Ok(Server { child, pid, address, ready: started.elapsed() })
}

impl Server {
    /// Stops it and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid =
            i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("no such process")?;
        kill_process(pid, Signal::TERM)?;
        timeout(PATIENCE, self.child.wait()).await.context("the server does not stop")??;
        Ok(())
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(StdListener::bind("127.0.0.1:0")?.local_addr()?)
}
