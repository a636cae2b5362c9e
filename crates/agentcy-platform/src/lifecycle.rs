//! When to stop: softly first, then hard, and what is waited for.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use agentcy_store::system::vacate::vacate;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Platform, Result};

/// How long a soft stop may take before the hard one.
pub const GRACE: Duration = Duration::from_secs(25);

/// Every task of the process is spawned here. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    /// What the tokens say, for those who ask at each turn.
    asked: Arc<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    to_stop: AtomicBool,
    to_end: AtomicBool,
    /// Why nobody but the process itself asked.
    failure: OnceLock<&'static str>,
}

impl Lifecycle {
    /// Asks everything to finish what it does and take on nothing new.
    pub fn stop(&self) {
        self.asked.to_stop.store(true, Ordering::Release);
        self.soft.cancel();
        self.tasks.close();
    }

    /// The same because something is broken that only another start mends.
    pub fn fail(&self, why: &'static str) {
        // The first reason is the one that led to the others.
        let _ = self.asked.failure.set(why);
        self.stop();
    }

    /// Why it stops, where nobody asked for it.
    pub fn failure(&self) -> Option<&'static str> {
        self.asked.failure.get().copied()
    }

    /// Whether that was asked.
    pub fn is_stopping(&self) -> bool {
        self.asked.to_stop.load(Ordering::Acquire)
    }

    /// Done once a stop was asked.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Cancelled once a stop was asked.
    pub const fn soft_token(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled once the time to finish is over.
    pub const fn hard_token(&self) -> &CancellationToken {
        &self.hard
    }

    /// The tasks that a stop waits for.
    pub const fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Spawns a task that a stop waits for and a hard stop ends.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (hard, asked) = (self.hard.clone(), Arc::clone(&self.asked));
        self.tasks.spawn(async move {
            let (mut task, mut ended) = (pin!(task), pin!(hard.cancelled()));
            let mut listens = false;
            poll_fn(|cx| {
                // It is woken by the same waker each time, so once is enough; the token is shared by all.
                if asked.to_end.load(Ordering::Acquire)
                    || !listens && ended.as_mut().poll(cx).is_ready()
                {
                    return Poll::Ready(());
                }
                listens = true;
                task.as_mut().poll(cx)
            })
            .await;
        });
    }

    /// Spawns a task that lives as long as the process, whatever is asked.
    pub fn spawn_beyond(&self, task: impl Future<Output = ()> + Send + 'static) {
        #[expect(clippy::disallowed_methods, reason = "nothing waits for this task")]
        tokio::spawn(task);
    }

    /// Ends everything without waiting.
    pub fn stop_now(&self) {
        self.stop();
        self.end();
    }

    fn end(&self) {
        self.asked.to_end.store(true, Ordering::Release);
        self.hard.cancel();
    }

    /// Waits for every task, and after the grace ends them. True when all ended by themselves.
    pub async fn wait(&self, grace: Duration) -> bool {
        self.stop();
        let in_time = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        self.end();
        self.tasks.wait().await;
        in_time
    }
}

/// Takes over at once what a process that died seems to hold still. Only for one that has the database to itself.
pub async fn take_over(platform: &Platform) -> Result<()> {
    let mut tx = platform.db.system(&platform.system).await?;
    vacate(&mut tx, platform.clock.now()).await?;
    Ok(tx.commit().await?)
}
