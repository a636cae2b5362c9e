//! One job from its claim to its end.

use std::panic::AssertUnwindSafe;

use agentcy_core::Chain;
use agentcy_platform::{
    jobs::{Halt, JobError},
    sync::{Progress, Sink},
};
use agentcy_sdk::{ClaimedJob, Error, JobEnd, WorkerProgress};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::watch;

use super::{collect::collect, is_lost, is_passing, patience::Patience, shift::Shift};

/// A job that we hold, and whom we tell of it.
pub(super) struct Errand {
    pub(super) shift: Shift,
    pub(super) job: ClaimedJob,
}

#[derive(Debug, thiserror::Error)]
#[error("it failed in a way that nobody foresaw; the worker's log says more")]
struct Panicked;

impl Errand {
    /// Does the job, and says how it ended, unless that is nobody's business any more.
    #[tracing::instrument(name = "job", skip_all, fields(job.id = self.job.id,
        job.attempt = self.job.attempt, org.id = self.job.org_id))]
    pub(super) async fn run(self, mut halt: watch::Receiver<Option<Halt>>) {
        let mut halted = halt.clone();
        let halted = async move {
            let why = halted.wait_for(Option::is_some).await;
            why.ok().and_then(|why| *why).unwrap_or(Halt::Lost)
        };
        let outcome = tokio::select! {
            biased;
            why = halted => Err(JobError::Halted(why)),
            outcome = AssertUnwindSafe(collect(&self)).catch_unwind() => {
                outcome.unwrap_or_else(|_| Err(JobError::fail(Panicked)))
            }
        };
        let end = match outcome {
            Ok(collected) => JobEnd::Result { batches: collected.batches },
            Err(JobError::Halted(Halt::Cancelled) | JobError::Gone) => {
                JobEnd::Error { message: "it was stopped".to_owned(), retry: false }
            }
            Err(JobError::Halted(why @ (Halt::Lost | Halt::Draining))) => {
                tracing::info!(?why, "the job goes on elsewhere");
                return;
            }
            Err(JobError::Retry(error)) => {
                JobEnd::Error { message: error.to_string(), retry: true }
            }
            Err(JobError::Fail(error)) => {
                JobEnd::Error { message: error.to_string(), retry: false }
            }
        };
        tokio::select! {
            biased;
            () = self.complete(&end) => {}
            // Being asked to stop is no reason not to say that it is over.
            _ = halt.wait_for(|why| matches!(why, Some(Halt::Lost | Halt::Draining))) => {}
        }
    }

    async fn complete(&self, end: &JobEnd) {
        let client = &self.shift.daemon.client;
        let tell = || client.complete_job(&self.shift.worker, &self.job, end).boxed();
        match self.persist(tell).await {
            Ok(()) => tracing::info!(?end, "the job is over"),
            // Or the server heard it the first time, and its answer was lost.
            Err(error) if is_lost(&error) => tracing::info!("the job was somebody else's"),
            Err(error) => {
                tracing::warn!(
                    error = %Chain(&error),
                    "how a job ended could not be told"
                );
            }
        }
    }

    /// Asks again while the server is away. The job is halted from outside when that takes too long.
    async fn persist<'a, T>(
        &self,
        call: impl Fn() -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut patience = Patience::new(&self.shift.daemon.entropy);
        loop {
            match call().await {
                Err(error) if is_passing(&error) => {
                    tracing::debug!(error = %error, "asking again");
                    patience.pause(&self.shift.lifecycle).await;
                }
                other => return other,
            }
        }
    }

    /// Writes a line for whoever looks at the sync. That it does not arrive harms nobody.
    pub(super) async fn say(&self, line: String) -> Result<(), JobError> {
        self.report(WorkerProgress { log: vec![line], ..WorkerProgress::default() }).await
    }

    async fn report(&self, progress: WorkerProgress) -> Result<(), JobError> {
        let client = &self.shift.daemon.client;
        match client.job_progress(&self.shift.worker, &self.job, &progress).await {
            Ok(true) => Err(JobError::Halted(Halt::Cancelled)),
            Ok(false) => Ok(()),
            Err(error) if is_lost(&error) => Err(JobError::Halted(Halt::Lost)),
            Err(error) => {
                tracing::debug!(error = %error, "how far a job is could not be told");
                Ok(())
            }
        }
    }
}

/// Brings batches to the server.
pub(super) struct Bringing<'a>(pub(super) &'a Errand);

impl Sink for Bringing<'_> {
    async fn keep(&mut self, number: i32, records: Vec<u8>) -> Result<(), JobError> {
        let Errand { shift, job } = self.0;
        let client = &shift.daemon.client;
        let bring = || client.job_records(&shift.worker, job, number, records.clone()).boxed();
        self.0.persist(bring).await.map_err(|error| match error {
            error if is_lost(&error) => JobError::Halted(Halt::Lost),
            other => JobError::fail(other),
        })
    }

    async fn note(&mut self, progress: &Progress) -> Result<(), JobError> {
        let (done, total) = (Some(progress.done), progress.total);
        self.0.report(WorkerProgress { done, total, log: Vec::new() }).await
    }
}
