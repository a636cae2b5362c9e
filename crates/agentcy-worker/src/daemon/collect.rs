//! Runs the connector of a job with what its claim brought.

use agentcy_core::{
    Chain,
    id::{OrgId, SourceId},
};
use agentcy_platform::{
    jobs::JobError,
    sync::{self, Collected},
};
use agentcy_sources::{Job, cache};

use futures_util::{FutureExt, future::BoxFuture};

use super::errand::{Bringing, Errand};

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the worker {0} has no connector {1}")]
    NoConnector(String, String),
    #[error("the server names the job by ids that are none")]
    OddIds,
}

/// Collects all that the source says, and brings it.
pub(super) fn collect(errand: &Errand) -> BoxFuture<'_, Result<Collected, JobError>> {
    run(errand).boxed()
}

async fn run(errand: &Errand) -> Result<Collected, JobError> {
    let (daemon, job) = (&errand.shift.daemon, &errand.job);
    let payload = &job.payload;
    let org: OrgId = job.org_id.parse().map_err(|_| JobError::fail(Failure::OddIds))?;
    let source: SourceId =
        payload.source_id.parse().map_err(|_| JobError::fail(Failure::OddIds))?;
    let connector = daemon.connectors.get(&payload.source_type).ok_or_else(|| {
        // Another one may be of a newer release.
        JobError::retry(Failure::NoConnector(daemon.name.clone(), payload.source_type.clone()))
    })?;
    let files = daemon.files_of(org);
    let cache = daemon.cache.as_ref().map(|root| cache::place(root, org, source));
    let work = Job {
        config: &payload.config,
        credentials: &payload.credentials,
        egress: &daemon.egress,
        files: &files,
        content: None,
        cursor: payload.cursor.as_ref(),
        cache: cache.as_deref(),
    };
    errand.say(format!("worker {} collects, attempt {}", daemon.name, job.attempt)).await?;
    let collected = sync::collect(connector.collect(work), &mut Bringing(errand)).await?;
    // Nobody tells us that a source is gone.
    if let Some(root) = daemon.cache.clone() {
        let swept = tokio::task::spawn_blocking(move || cache::sweep(&root)).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(error = %Chain(&error), "old copies could not be removed");
        }
    }
    let (done, batches) = (collected.progress.done, collected.batches);
    errand
        .say(format!("worker {} has brought {done} records in {batches} batches", daemon.name))
        .await?;
    Ok(collected)
}
