//! A PostgreSQL that stands still: its processes are there, its sockets are open, and nothing answers.

use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use agentcy_sdk::{Client, Error};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{sleep, timeout};

use crate::process::Machine;

/// How long it stands still.
const FROZEN: Duration = Duration::from_secs(20);
/// More than any bound of the server's own; beyond it something hangs.
const HANGS: Duration = Duration::from_secs(40);

/// A process and everything that it has started.
fn family(of: Pid) -> Vec<Pid> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| Pid::from_raw(name.parse().ok()?)) else {
                continue;
            };
            // One may have ended since.
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parents = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
            if parents.and_then(|text| text.parse().ok()) == Some(parent.as_raw_nonzero().get()) {
                found.push(pid);
            }
        }
    }
    found
}

/// Stands still while this is there.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn new(postmaster: Pid) -> Self {
        // First the one that starts others, so that nothing new comes.
        let frozen = Self(family(postmaster));
        frozen.tell(Signal::STOP);
        frozen
    }

    fn tell(&self, signal: Signal) {
        for pid in &self.0 {
            let _ = kill_process(*pid, signal);
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.tell(Signal::CONT);
    }
}

/// What somebody is answered who asks for the sources, in bounded time.
async fn ask(client: &Client) -> Result<(), Error> {
    let asked = timeout(HANGS, async { client.sources().page(None).await.map(drop) }).await;
    // Or it hangs.
    asked.unwrap()
}

#[tokio::test]
async fn a_postgres_that_stands_still_is_503_in_bounded_time_and_works_at_once_when_it_goes_on() {
    let machine = Machine::new();
    let server = machine.start().await;
    // Each request as it is answered: the client asks once.
    let client = machine.with_token(&machine.session().await.token).with_timeout(HANGS);
    ask(&client).await.unwrap();

    let frozen = Frozen::new(machine.postmaster().unwrap());
    let began = Instant::now();
    let mut refused = 0;
    while began.elapsed() < FROZEN {
        let askers: Vec<_> = (0..8).map(|_| ask(&client)).collect();
        for answer in futures_util::future::join_all(askers).await {
            match answer {
                Err(Error::Refused { status: 503, .. }) => refused += 1,
                // One that was under way when it went on.
                Ok(()) if began.elapsed() >= FROZEN => {}
                other => panic!("{other:?}: {}", server.said()),
            }
        }
    }
    drop(frozen);
    assert!(refused > 0);

    // Two seconds are what is aimed at; a machine under load has more.
    let again = Instant::now();
    while ask(&client).await.is_err() {
        assert!(again.elapsed() < Duration::from_secs(15), "{}", server.said());
        sleep(Duration::from_millis(50)).await;
    }
    println!("it worked again after {:?}", again.elapsed());
    let ready = machine.client().ready().await.unwrap();
    assert!(ready.is_ready(), "{}", server.said());
    says_little(&server.said());
}

/// A loop that cannot do its work says so and why, and not again each time it tries.
fn says_little(log: &str) {
    let mut fails = HashMap::new();
    for line in log.lines().filter(|line| line.contains("it fails, and is tried again")) {
        assert!(line.contains("error="), "{line}");
        let what = line.split_once("what=").unwrap().1.split_once(" error=").unwrap().0;
        *fails.entry(what).or_insert(0) += 1;
    }
    assert!(!fails.is_empty() && fails.values().all(|times| *times <= 4), "{fails:?}: {log}");
    assert!(log.contains("it works again"), "{log}");
}
