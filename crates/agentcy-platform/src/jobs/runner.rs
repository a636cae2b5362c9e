//! Claims jobs, runs as many at once as there is room for, and keeps them by heartbeats.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agentcy_core::{
    Chain,
    id::{EventId, JobId},
};
use agentcy_store::{
    jobs::Hold,
    system::jobs::{self as store, Claimed},
};
use futures_util::FutureExt;
use tokio::sync::{Notify, watch};

use super::{AT_ONCE, Halt, Held, JobError, Kind, LEASE, settle};
use crate::{Platform, Result, lifecycle::Lifecycle};

/// One process' hands. Cheap to clone.
#[derive(Clone)]
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    platform: Platform,
    lifecycle: Lifecycle,
    kinds: HashMap<&'static str, Arc<dyn Kind>>,
    holder: String,
    running: Mutex<HashMap<JobId, Running>>,
    ended: Notify,
}

struct Running {
    hold: Hold,
    halt: watch::Sender<Option<Halt>>,
}

impl Runner {
    /// Hands that know these kinds of jobs.
    pub fn new(
        platform: &Platform,
        lifecycle: &Lifecycle,
        kinds: impl IntoIterator<Item = Arc<dyn Kind>>,
    ) -> Self {
        let id: EventId = platform.new_id();
        Self {
            shared: Arc::new(Shared {
                platform: platform.clone(),
                lifecycle: lifecycle.clone(),
                kinds: kinds.into_iter().map(|kind| (kind.name(), kind)).collect(),
                holder: id.to_string(),
                running: Mutex::default(),
                ended: Notify::new(),
            }),
        }
    }

    /// Claims what is due, as much as there is room for, and starts it. Says how many it were.
    pub async fn claim(&self) -> Result<usize> {
        let platform = &self.shared.platform;
        let room = AT_ONCE.saturating_sub(self.shared.running().len());
        if room == 0 {
            return Ok(0);
        }
        let kinds: Vec<&str> = self.shared.kinds.keys().copied().collect();
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let now = platform.clock.now();
        let mut tx = platform.db.system(&platform.system).await?;
        let claimed =
            store::claim(&mut tx, &kinds, &self.shared.holder, most, now, now + LEASE).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        tx.commit().await?;
        let count = claimed.len();
        for claimed in claimed {
            self.start(claimed);
        }
        Ok(count)
    }

    /// Keeps what is held, and stops what is cancelled or lost.
    pub async fn beat(&self) -> Result<()> {
        let platform = &self.shared.platform;
        let holds: Vec<Hold> = self.shared.running().values().map(|one| one.hold).collect();
        if holds.is_empty() {
            return Ok(());
        }
        let mut tx = platform.db.system(&platform.system).await?;
        let beats = store::heartbeat(&mut tx, &holds, platform.clock.now() + LEASE).await?;
        tx.commit().await?;
        let kept: HashMap<JobId, bool> =
            beats.into_iter().map(|beat| (beat.id, beat.cancel)).collect();
        let running = self.shared.running();
        // Only those that were asked about: others may have been claimed meanwhile.
        for one in holds.iter().filter_map(|hold| running.get(&hold.id)) {
            match kept.get(&one.hold.id) {
                Some(false) => {}
                Some(true) => one.halt(Halt::Cancelled),
                None => one.halt(Halt::Lost),
            }
        }
        Ok(())
    }

    /// Gives everything back, so that another process goes on at once, and waits until that is done.
    pub async fn drain(&self) {
        for one in self.shared.running().values() {
            one.halt(Halt::Draining);
        }
        self.idle().await;
    }

    /// Done once nothing is held.
    pub async fn idle(&self) {
        while !self.shared.running().is_empty() {
            self.ended().await;
        }
    }

    /// Done once a job has ended, so that there is room for another.
    pub async fn ended(&self) {
        self.shared.ended.notified().await;
    }

    fn start(&self, claimed: Claimed) {
        let (sender, halt) = watch::channel(None);
        let running = Running { hold: claimed.hold, halt: sender };
        let guard = Guard { shared: Arc::clone(&self.shared), hold: claimed.hold };
        self.shared.running().insert(claimed.hold.id, running);
        let shared = Arc::clone(&self.shared);
        self.shared.lifecycle.spawn(async move {
            shared.work(claimed, halt).await;
            drop(guard);
        });
    }
}

impl Running {
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
    shared: Arc<Shared>,
    hold: Hold,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut running = self.shared.running();
        // A job that was lost may have come back to us under a new fence.
        if running.get(&self.hold.id).is_some_and(|one| one.hold == self.hold) {
            running.remove(&self.hold.id);
        }
        drop(running);
        self.shared.ended.notify_one();
    }
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, HashMap<JobId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[tracing::instrument(name = "job", skip_all, fields(job.id = %claimed.hold.id,
        job.kind = claimed.kind, job.attempt = claimed.attempt, org.id = %claimed.org_id))]
    async fn work(&self, claimed: Claimed, halt: watch::Receiver<Option<Halt>>) {
        let Claimed { hold, org_id, subject, attempt, max_attempts, .. } = claimed;
        let Some(kind) = self.kinds.get(claimed.kind.as_str()) else {
            return self.bury(hold, "it is of a kind that nobody knows").await;
        };
        let acting = self.platform.acting(org_id, hold.id, &claimed.made_by, kind.action());
        let Ok(by) = acting else {
            return self.bury(hold, "nobody knows who asked for it").await;
        };
        let job = Held { platform: self.platform.clone(), by, hold, subject, attempt };
        let outcome = if claimed.cancel {
            Err(JobError::Halted(Halt::Cancelled))
        } else if attempt > max_attempts {
            Err(JobError::fail(Died))
        } else {
            attempt_at(kind.as_ref(), &job, halt).await
        };
        if let Err(error) = settle(kind.as_ref(), &job, max_attempts, outcome).await {
            // Its lease runs out, and whoever takes it over tries once more.
            tracing::warn!(error = %Chain(&error), "how a job ended could not be written");
        }
    }
}

impl Shared {
    /// Ends a job that nobody could work on, or it would be claimed for ever.
    async fn bury(&self, hold: Hold, reason: &'static str) {
        tracing::error!(reason, "a job that cannot be worked on is given up");
        let buried = async {
            let mut tx = self.platform.db.system(&self.platform.system).await?;
            store::bury(&mut tx, hold, reason, self.platform.clock.now()).await?;
            tx.commit().await
        };
        if let Err(error) = buried.await {
            tracing::warn!(error = %Chain(&error), "how a job ended could not be written");
        }
    }
}

async fn attempt_at(
    kind: &dyn Kind,
    job: &Held,
    mut halt: watch::Receiver<Option<Halt>>,
) -> Result<(), JobError> {
    let halted = async move {
        let why = halt.wait_for(Option::is_some).await;
        // Without a sender nobody keeps the job any more.
        why.ok().and_then(|why| *why).unwrap_or(Halt::Lost)
    };
    tokio::select! {
        biased;
        why = halted => Err(JobError::Halted(why)),
        outcome = AssertUnwindSafe(kind.run(job)).catch_unwind() => {
            outcome.unwrap_or_else(|_| Err(JobError::fail(Panicked)))
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("its runner died with it each time")]
struct Died;

#[derive(Debug, thiserror::Error)]
#[error("it failed in a way that nobody foresaw; the server's log says more")]
struct Panicked;
