//! A machine with one data folder, and servers on it that are processes of their own.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use agentcy_sdk::{Client, Session};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use secrecy::SecretString;
use tempfile::TempDir;
use url::Url;

use crate::agentcy;

/// Far more than anything takes here; only what would never end runs into it.
const BOUND: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);

pub(crate) const EMAIL: &str = "admin@localhost";
pub(crate) const PASSWORD: &str = "admin";

/// A home, a data folder and an address, and the settings that go with them.
pub(crate) struct Machine {
    folder: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        // PostgreSQL may have to run as another user, who must get there.
        let open = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open).tempdir_in("/tmp").unwrap();
        let machine = Self { port: free_port(), settings: Vec::new(), folder };
        let bind = format!("127.0.0.1:{}", machine.port);
        let data = machine.data().to_str().unwrap().to_owned();
        let machine = machine.with("AGENTCY_BIND", bind).with("AGENTCY_DATA_DIR", data);
        match std::env::var_os("AGENTCY_PG_BIN") {
            Some(bin) => machine.with("AGENTCY_PG_BIN", bin.to_str().unwrap()),
            None => machine,
        }
    }

    /// The same with a setting more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.url()).unwrap()
    }

    pub(crate) fn with_token(&self, token: &SecretString) -> Client {
        self.client().with_token(token.clone())
    }

    /// Signs the first administrator in.
    pub(crate) async fn session(&self) -> Session {
        self.client().login(EMAIL, &PASSWORD.into()).await.unwrap()
    }

    pub(crate) fn command(&self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
        let mut command = agentcy(self.home());
        let settings = self.settings.iter().map(|(name, value)| (name, value));
        command.args(arguments).envs(settings);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// A server that is ready.
    pub(crate) async fn start(&self) -> Server {
        self.ready(self.spawn()).await
    }

    /// The sockets beside a server, which are ready.
    pub(crate) async fn sockets(&self) -> Server {
        self.ready(self.spawn_as("ws")).await
    }

    async fn ready(&self, mut server: Server) -> Server {
        let client = self.client().with_timeout(Duration::from_secs(2));
        let began = Instant::now();
        while !client.ready().await.is_ok_and(|readiness| readiness.is_ready()) {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", server.said());
            }
            assert!(began.elapsed() < BOUND, "the server does not get ready: {}", server.said());
            tokio::time::sleep(POLL).await;
        }
        server
    }

    /// What a server says that ends with a failure instead of starting.
    pub(crate) async fn refused(&self) -> String {
        let mut server = self.spawn();
        let status = server.ended().await;
        assert_eq!(status.code(), Some(1), "{}", server.said());
        server.said()
    }

    fn spawn(&self) -> Server {
        self.spawn_as("serve")
    }

    /// A worker beside the server, as one says it that has found the database.
    pub(crate) async fn worker(&self) -> Server {
        self.ready_worker("worker", &["worker"]).await
    }

    /// A worker that has no store, once the server has taken it in.
    pub(crate) async fn daemon(&self, server: &Url, name: &str) -> Server {
        let arguments = ["worker", "--server", server.as_str(), "--name", name];
        self.ready_worker(name, &arguments).await
    }

    async fn ready_worker(&self, name: &str, arguments: &[&str]) -> Server {
        let mut worker = self.spawn_with(name, arguments);
        let began = Instant::now();
        while !worker.said().contains("the worker is ready") {
            if let Some(status) = worker.child.try_wait().unwrap() {
                panic!("the worker ended with {status}: {}", worker.said());
            }
            assert!(began.elapsed() < BOUND, "the worker does not get ready: {}", worker.said());
            tokio::time::sleep(POLL).await;
        }
        worker
    }

    pub(crate) fn spawn_as(&self, command: &str) -> Server {
        self.spawn_with(command, &[command])
    }

    fn spawn_with(&self, name: &str, arguments: &[&str]) -> Server {
        let said = self.home().join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&said).unwrap();
        let from = usize::try_from(log.metadata().unwrap().len()).unwrap();
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Server { child: command.spawn().unwrap(), said, from }
    }

    /// The embedded PostgreSQL that the data names.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let file = self.data().join("postgres/data/postmaster.pid");
        let text = fs::read_to_string(file).ok()?;
        Pid::from_raw(text.lines().next()?.parse().ok()?)
    }
}

/// Whether a process is there. One that nobody has waited for yet is not.
pub(crate) fn is_alive(pid: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let is_zombie = state.is_ok_and(|state| state.contains(") Z "));
    test_kill_process(pid).is_ok() && !is_zombie
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    said: PathBuf,
    /// Where in the file its part begins.
    from: usize,
}

impl Server {
    /// Everything it has printed.
    pub(crate) fn said(&self) -> String {
        let said = fs::read(&self.said).unwrap();
        String::from_utf8_lossy(&said[self.from..]).into_owned()
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.tell(Signal::TERM);
        self.ended().await
    }

    /// Ends it without a chance to do anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < BOUND, "the server does not end: {}", self.said());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Sends it a signal.
    pub(crate) fn tell(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // Gently first: what it has started uses the folder until it has ended.
        self.tell(Signal::TERM);
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > Duration::from_secs(15) {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            std::thread::sleep(POLL);
        }
    }
}

/// A port that nothing listens on, below those that the system gives to outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed) % 1_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
