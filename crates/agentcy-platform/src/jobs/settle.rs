//! Writes how an attempt ended that did not end well.

use agentcy_core::Chain;
use agentcy_store::{
    Error as StoreError,
    jobs::{self, Fault},
    system::jobs as system,
};

use super::{Halt, Held, JobError, Kind, backoff};
use crate::{Error, Result, wake::Bell};

/// Puts the job off, gives it up, ends it or gives it back.
pub(crate) async fn settle(
    kind: &dyn Kind,
    job: &Held,
    max_attempts: i32,
    outcome: Result<(), JobError>,
) -> Result<()> {
    metrics::counter!(
        "agentcy_jobs_attempts_total", "kind" => kind.name(), "outcome" => word(&outcome, job.attempt < max_attempts),
    )
    .increment(1);
    let Err(error) = outcome else { return Ok(()) };
    let written = match error {
        JobError::Halted(Halt::Lost) => {
            tracing::info!("somebody else has the job by now");
            return Ok(());
        }
        JobError::Halted(Halt::Draining) => return release(job).await,
        JobError::Halted(Halt::Cancelled) | JobError::Gone => cancelled(kind, job).await,
        JobError::Retry(error) if job.attempt < max_attempts => {
            tracing::info!(error = %Chain(&*error), "the job will be tried again");
            put_off(kind, job, max_attempts, &error.to_string()).await
        }
        JobError::Retry(error) => {
            tracing::warn!(error = %Chain(&*error), "the job is given up");
            let reason = format!("given up after {max_attempts} attempts: {error}");
            fail(kind, job, &reason).await
        }
        JobError::Fail(error) => {
            tracing::warn!(error = %Chain(&*error), "the job failed");
            fail(kind, job, &error.to_string()).await
        }
    };
    match written {
        // It ended well just before it was stopped, or is somebody else's.
        Err(Error::Store(StoreError::LeaseLost(_))) => Ok(()),
        other => other,
    }
}

/// What a counter calls it.
const fn word(outcome: &Result<(), JobError>, may_go_on: bool) -> &'static str {
    match outcome {
        Ok(()) => "succeeded",
        Err(JobError::Halted(Halt::Lost)) => "lost",
        Err(JobError::Halted(Halt::Draining)) => "given_back",
        Err(JobError::Halted(Halt::Cancelled) | JobError::Gone) => "cancelled",
        Err(JobError::Retry(_)) if may_go_on => "put_off",
        Err(JobError::Retry(_) | JobError::Fail(_)) => "failed",
    }
}

async fn release(job: &Held) -> Result<()> {
    let platform = &job.platform;
    let mut tx = platform.db.system(&platform.system).await?;
    system::release(&mut tx, &[job.hold], platform.clock.now()).await?;
    tx.commit().await?;
    platform.ring(Bell::Due).await;
    Ok(())
}

async fn put_off(kind: &dyn Kind, job: &Held, max_attempts: i32, why: &str) -> Result<()> {
    let platform = &job.platform;
    let until = platform.clock.now() + backoff::delay(job.attempt, &*platform.entropy);
    let words = format!("attempt {} of {max_attempts}: {why}", job.attempt);
    let mut tx = platform.db.begin(&job.by).await?;
    jobs::put_off(&mut tx, job.hold, until, &Fault::new("", &words)).await?;
    kind.tell(&mut tx, job).await?;
    Ok(tx.commit().await?)
}

async fn fail(kind: &dyn Kind, job: &Held, reason: &str) -> Result<()> {
    let mut tx = job.platform.db.begin(&job.by).await?;
    jobs::fail(&mut tx, job.hold, reason, job.platform.clock.now()).await?;
    kind.tell(&mut tx, job).await?;
    Ok(tx.commit().await?)
}

async fn cancelled(kind: &dyn Kind, job: &Held) -> Result<()> {
    let mut tx = job.platform.db.begin(&job.by).await?;
    jobs::cancelled(&mut tx, job.hold, job.platform.clock.now()).await?;
    kind.tell(&mut tx, job).await?;
    Ok(tx.commit().await?)
}
