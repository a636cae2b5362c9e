//! The time for which the server knows us: claims, heartbeats, and the jobs we hold.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agentcy_core::{
    Chain,
    job::{CollectSource, Payload},
};
use agentcy_platform::{jobs::Halt, lifecycle::Lifecycle};
use agentcy_sdk::{Claim, ClaimedJob, Error, RegisteredWorker};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

use super::{Daemon, FAREWELL, errand::Errand, patience::Patience};

/// How long a claim waits at the server.
const WAIT: Duration = Duration::from_secs(25);

/// Why a shift is over.
pub(super) enum End {
    /// The process stops.
    Stopping,
    /// The server does not know us any more.
    Unknown,
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Shift {
    pub(super) daemon: Arc<Daemon>,
    pub(super) worker: Arc<str>,
    pub(super) lifecycle: Lifecycle,
    heartbeat: Duration,
    lease: Duration,
    held: Arc<Mutex<HashMap<String, Held>>>,
    ended: Arc<Notify>,
}

/// A job that goes on.
struct Held {
    fence: i64,
    halt: watch::Sender<Option<Halt>>,
    /// When we last asked for it to be kept and were heard.
    kept: Instant,
}

impl Shift {
    pub(super) fn new(
        daemon: &Arc<Daemon>,
        registered: &RegisteredWorker,
        lifecycle: &Lifecycle,
    ) -> Self {
        let secs = |secs: u64| Duration::from_secs(secs.clamp(1, 3600));
        Self {
            daemon: Arc::clone(daemon),
            worker: registered.worker_id.as_str().into(),
            lifecycle: lifecycle.clone(),
            heartbeat: secs(registered.heartbeat_secs),
            lease: secs(registered.lease_secs),
            held: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// Works until it is over, and lets go of everything then.
    pub(super) async fn work(&self) -> End {
        let end = tokio::select! {
            biased;
            () = self.lifecycle.stopping() => End::Stopping,
            () = self.claim() => End::Unknown,
            () = self.beat() => End::Unknown,
        };
        let why = if matches!(end, End::Stopping) { Halt::Draining } else { Halt::Lost };
        for held in self.held().values() {
            held.halt(why);
        }
        while !self.held().is_empty() {
            self.ended.notified().await;
        }
        if matches!(end, End::Stopping) {
            self.leave().await;
        }
        end
    }

    /// Gives back what we hold, and what was handed out to us that we did not hear of.
    async fn leave(&self) {
        match timeout(FAREWELL, self.daemon.client.remove_worker(&self.worker)).await {
            Ok(Ok(())) => tracing::info!("the worker has given back what it held"),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = %Chain(&error),
                    "the server could not be told; leases run out by themselves"
                );
            }
            Err(_) => tracing::warn!("the server could not be told; leases run out by themselves"),
        }
    }

    /// Takes on work while there is room. Ends when the server does not know us.
    async fn claim(&self) {
        let mut patience = Patience::new(&self.daemon.entropy);
        loop {
            let taken = u32::try_from(self.held().len()).unwrap_or(u32::MAX);
            let room = self.daemon.capacity.saturating_sub(taken);
            if room == 0 {
                self.ended.notified().await;
                continue;
            }
            let claim =
                Claim { kinds: vec![CollectSource::NAME.to_owned()], wait: WAIT, max: room };
            let asked = Instant::now();
            match self.daemon.client.claim_jobs(&self.worker, &claim).await {
                Ok(jobs) => {
                    patience.rest();
                    for job in jobs {
                        self.start(job, asked);
                    }
                }
                Err(error) if is_unknown(&error) => return,
                Err(error) => {
                    tracing::warn!(
                        error = %Chain(&error),
                        "no job could be claimed"
                    );
                    patience.pause(&self.lifecycle).await;
                }
            }
        }
    }

    fn start(&self, job: ClaimedJob, asked: Instant) {
        let (sender, halt) = watch::channel(None);
        // It was claimed after it was asked for, and lately: a claim is answered as soon as there is one.
        let kept =
            Instant::now().checked_sub(self.heartbeat).map_or(asked, |lately| asked.max(lately));
        let held = Held { fence: job.fence, halt: sender, kept };
        self.held().insert(job.id.clone(), held);
        let guard = Guard { shift: self.clone(), id: job.id.clone(), fence: job.fence };
        let shift = self.clone();
        self.lifecycle.spawn(async move {
            Errand { shift, job }.run(halt).await;
            drop(guard);
        });
    }

    /// Keeps what we hold. Ends when the server does not know us.
    async fn beat(&self) {
        let client = self.daemon.client.clone().with_timeout(self.heartbeat * 2);
        loop {
            sleep(self.heartbeat).await;
            let asked = Instant::now();
            let holds: Vec<(String, i64)> =
                self.held().iter().map(|(id, held)| (id.clone(), held.fence)).collect();
            match client.worker_heartbeat(&self.worker, &holds).await {
                Ok(beats) => {
                    let mut held = self.held();
                    for (id, fence) in &holds {
                        let Some(one) = held.get_mut(id).filter(|one| one.fence == *fence) else {
                            continue;
                        };
                        if beats.lost.contains(id) {
                            one.halt(Halt::Lost);
                        } else if beats.cancelled.contains(id) {
                            one.halt(Halt::Cancelled);
                        } else {
                            one.kept = asked;
                        }
                    }
                }
                Err(error) if is_unknown(&error) => return,
                Err(error) => {
                    tracing::warn!(
                        error = %Chain(&error),
                        "held jobs could not be kept"
                    );
                }
            }
            // Somebody else may have these by now.
            for held in self.held().values().filter(|held| held.kept.elapsed() >= self.lease) {
                held.halt(Halt::Lost);
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The first reason stays.
    fn halt(&self, why: Halt) {
        self.halt.send_if_modified(|halt| {
            let first = halt.is_none();
            halt.get_or_insert(why);
            first
        });
    }
}

/// Forgets a job when its task ends, however that happens.
struct Guard {
    shift: Shift,
    id: String,
    fence: i64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.shift.held();
        // A job that was lost may have come back to us under a new fence.
        if held.get(&self.id).is_some_and(|one| one.fence == self.fence) {
            held.remove(&self.id);
        }
        drop(held);
        self.shift.ended.notify_one();
    }
}

const fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 404, .. })
}
