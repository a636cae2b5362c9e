//! A throwaway Redis server on loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::account;
use crate::leash::Leash;
use crate::postgres::free_port;
use crate::workspace::{in_ci, on_path, run};

const READY_WITHIN: Duration = Duration::from_secs(20);

/// A running server; it ends when this is dropped.
pub(crate) struct Redis {
    port: u16,
    _leash: Leash,
}

impl Redis {
    /// Starts a server that keeps nothing on disk.
    pub(crate) fn start() -> Result<Self> {
        let program = find_or_install()?;
        let (scratch, account) = account::scratch("redis")?;
        let port = free_port()?;
        let mut server = Command::new(program);
        server.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        server.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
        let mut leash = Leash::start(&server, "TERM", &scratch, &scratch.join("log"), account)?;
        let deadline = Instant::now() + READY_WITHIN;
        while !answers(port) {
            if !leash.is_running()? || Instant::now() > deadline {
                bail!("redis-server did not start");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { port, _leash: leash })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

fn find_or_install() -> Result<PathBuf> {
    for name in ["redis-server", "valkey-server"] {
        if let Some(program) = on_path(name) {
            return Ok(program);
        }
    }
    // Only an automatic run may install into the machine it is on.
    if !in_ci() || on_path("apt-get").is_none() || !account::is_root()? {
        bail!("redis-server is not installed");
    }
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends", "redis-server"])
        // Keeps the package from starting a server of its own.
        .env("RUNLEVEL", "1")
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    match on_path("redis-server") {
        Some(program) => Ok(program),
        None => bail!("the package left no redis-server"),
    }
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0_u8; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}
