//! A worker that has no store: it asks a server for what is to be collected, collects it, and brings the records.
//!
//! What it holds it keeps by heartbeats. Each job is a task of its own, which stops when somebody asks, when its claim is
//! lost, or when the process drains; the server hears nothing more of a lost one.

mod collect;
mod errand;
mod patience;
mod shift;

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use agentcy_core::{Chain, Entropy, id::OrgId};
use agentcy_egress::Egress;
use agentcy_platform::lifecycle::Lifecycle;
use agentcy_sdk::{Client, Error, NewWorker};
use agentcy_sources::{Catalog, Files};

use patience::Patience;
use shift::{End, Shift};

/// What a daemon works with.
pub struct Daemon {
    /// The server, with the worker token.
    pub client: Client,
    /// What it calls itself.
    pub name: String,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many jobs it does at once.
    pub capacity: u32,
    /// Which release it is.
    pub version: String,
    /// The kinds of sources it can collect from.
    pub connectors: Catalog,
    /// The way out.
    pub egress: Egress,
    /// The folders that the sources of an org may read here.
    pub files_allow: Vec<(OrgId, PathBuf)>,
    /// Where connectors keep what can be fetched again.
    pub cache: Option<PathBuf>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Works until the process is told to stop, and gives back what it holds then. An error when the server does not let it in
/// at all; one that is away is waited for.
pub async fn run(daemon: Daemon, lifecycle: &Lifecycle) -> Result<(), Error> {
    let daemon = Arc::new(daemon);
    let mut patience = Patience::new(&daemon.entropy);
    let introduction = daemon.introduction();
    let mut was_let_in = false;
    while !lifecycle.is_stopping() {
        let registered = tokio::select! {
            registered = daemon.client.register_worker(&introduction) => registered,
            () = lifecycle.stopping() => break,
        };
        let registered = match registered {
            Ok(registered) => registered,
            Err(error) if !was_let_in && is_final(&error) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    error = %Chain(&error),
                    "the server does not take us in"
                );
                patience.pause(lifecycle).await;
                continue;
            }
        };
        patience.rest();
        was_let_in = true;
        tracing::info!(
            worker.id = registered.worker_id,
            server = %daemon.client.server(),
            capacity = daemon.capacity,
            "the worker is ready"
        );
        let shift = Shift::new(&daemon, &registered, lifecycle);
        if matches!(shift.work().await, End::Stopping) {
            break;
        }
        tracing::warn!("the server does not know us any more; we come anew");
    }
    Ok(())
}

impl Daemon {
    fn introduction(&self) -> NewWorker {
        NewWorker {
            name: self.name.clone(),
            labels: self.labels.clone(),
            capacity: self.capacity,
            version: self.version.clone(),
        }
    }

    fn files_of(&self, org: OrgId) -> Files {
        let theirs = self.files_allow.iter().filter(|(owner, _)| *owner == org);
        let folders: HashSet<&PathBuf> = theirs.map(|(_, folder)| folder).collect();
        Files::new(folders.into_iter().cloned().collect(), self.cache.iter().cloned().collect())
    }
}

/// Whether asking again is of no use: the token is wrong, there are no workers, or what we say of ourselves is refused.
const fn is_final(error: &Error) -> bool {
    match error {
        Error::Refused { status, .. } => matches!(status, 400..=428),
        Error::Redirected { .. } | Error::Invalid(_) => true,
        _ => false,
    }
}

/// Whether the server has the job no more for us.
const fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 404 | 409, .. })
}

/// Whether the same call may succeed in a while.
const fn is_passing(error: &Error) -> bool {
    match error {
        Error::Refused { status, .. } | Error::Unreadable { status, .. } => {
            matches!(status, 429 | 500..=599)
        }
        Error::Unreachable { .. } | Error::Timeout { .. } => true,
        _ => false,
    }
}

/// How long the last word to a server may take when the process stops.
const FAREWELL: Duration = Duration::from_secs(5);
