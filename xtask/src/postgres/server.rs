//! A throwaway PostgreSQL server on loopback.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::script;
use crate::account;
use crate::leash::Leash;

const READY_WITHIN: Duration = Duration::from_mins(1);

// One command for both steps, so that the watchdog sees to either. Passwords cross loopback in the
// clear: SCRAM costs a debug build of the client tens of milliseconds.
const INIT_AND_RUN: &str = r#"
bin=$1 port=$2
shift 2
"$bin/initdb" --username=postgres --encoding=UTF8 --locale=C --auth=password --pwfile=password \
    --no-sync --no-instructions --pgdata=data >/dev/null &&
    exec "$bin/postgres" -D data -p "$port" "$@"
"#;
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// A running server with an empty cluster; it ends and its data goes when this is dropped.
pub(crate) struct Postgres {
    port: u16,
    password: String,
    _leash: Leash,
}

impl Postgres {
    /// Makes a cluster in a scratch folder and starts it. Nothing in it survives a crash of the
    /// machine: it is for tests.
    pub(crate) fn start(bin: &Path) -> Result<Self> {
        let (scratch, account) = account::scratch("postgres")?;
        let password = password()?;
        let secret = scratch.join("password");
        fs::write(&secret, &password)?;
        if let Some(account) = account {
            account::give(&secret, account)?;
        }
        let port = free_port()?;
        let mut server = Command::new("sh");
        server.args(["-c", INIT_AND_RUN, "postgres"]).arg(bin).arg(port.to_string());
        for setting in SETTINGS {
            server.args(["-c", setting]);
        }
        let log = scratch.join("log");
        let mut leash = Leash::start(&server, "INT", &scratch, &log, account)?;
        wait(&mut leash, &scratch.join("data"), &log)?;
        Ok(Self { port, password, _leash: leash })
    }

    /// The URL of its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// Runs one file of statements as the superuser.
    pub(crate) fn execute(&self, sql: &str) -> Result<()> {
        script::execute(self.port, &self.password, sql)
    }
}

fn wait(leash: &mut Leash, data: &Path, log: &Path) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    // The log goes with the folder once the server has ended, so it is read while it runs.
    let mut said = String::new();
    while !is_ready(data) {
        said = fs::read_to_string(log).unwrap_or(said);
        if !leash.is_running()? || Instant::now() > deadline {
            bail!("PostgreSQL did not start: {}", said.trim());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

// The last line of the pid file; a connection would be accepted earlier, only to be turned away.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|text| text.lines().last().is_some_and(|line| line.trim() == "ready"))
}

/// A port of loopback that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn password() -> Result<String> {
    use std::io::Read as _;

    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex::encode(bytes))
}
