//! Two locks that the kernel frees when their holders are gone, however they went: one is held by this process, the
//! other by the watchdog and every process of PostgreSQL.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
    process,
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::cluster::{Cluster, failed};
use crate::{Error, Result};

const POLL: Duration = Duration::from_millis(5);
/// How long a former PostgreSQL, whose server is gone, is left to end by itself; then it is told to, then forced.
const PATIENCE: Duration = Duration::from_millis(300);
const FORCE: Duration = Duration::from_secs(15);
const GIVE_UP: Duration = Duration::from_secs(30);

/// The lock that keeps a second server off the folder.
pub(super) async fn of_this_process(path: &Path, folder: &Path) -> Result<File> {
    let mut file = open(path)?;
    let began = Instant::now();
    let mut locked = file.try_lock();
    // A child has it with us for the moment between its birth and its becoming another program.
    while matches!(locked, Err(TryLockError::WouldBlock)) && began.elapsed() < PATIENCE {
        sleep(POLL).await;
        locked = file.try_lock();
    }
    match locked {
        Ok(()) => {
            let written = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| writeln!(file, "{}", process::id()));
            written.map_err(|error| failed("write", path, &error))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            drop(file.read_to_string(&mut holder));
            Err(Error::Unfit(format!(
                "another agentcy (process {}) uses {}: stop it, set AGENTCY_DATA_DIR to another folder, or let both share a server through DATABASE_URL",
                holder.trim(),
                folder.display()
            )))
        }
        Err(TryLockError::Error(error)) => Err(failed("lock", path, &error)),
    }
}

/// The lock that PostgreSQL inherits; had only when no process of a former one is left.
pub(super) async fn of_postgres(cluster: &Cluster) -> Result<File> {
    let path = cluster.root.join("postgres.lock");
    let file = open(&path)?;
    let began = Instant::now();
    let mut told = [(PATIENCE, Signal::INT), (FORCE, Signal::QUIT)].into_iter().peekable();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
        }
        if let Some((_, signal)) = told.next_if(|(after, _)| began.elapsed() > *after) {
            tracing::warn!(?signal, "a former embedded postgres still runs and is told to stop");
            cluster.signal(signal);
        }
        if began.elapsed() > GIVE_UP {
            return Err(Error::Unfit(format!(
                "a former PostgreSQL still runs in {} and does not stop: end it by hand",
                cluster.root.display()
            )));
        }
        sleep(POLL).await;
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| failed("open", path, &error))
}
