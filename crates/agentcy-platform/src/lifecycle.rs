//! When to stop: softly first, then hard, and what is waited for.

use std::{future::Future, time::Duration};

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
}

impl Lifecycle {
    /// Asks everything to finish what it does and take on nothing new.
    pub fn stop(&self) {
        self.soft.cancel();
        self.tasks.close();
    }

    /// Whether that was asked.
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
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
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = hard.cancelled() => {}
            }
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
        self.hard.cancel();
    }

    /// Waits for every task, and after the grace ends them. True when all ended by themselves.
    pub async fn wait(&self, grace: Duration) -> bool {
        self.stop();
        let in_time = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
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
