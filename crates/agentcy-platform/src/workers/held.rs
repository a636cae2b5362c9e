//! What a worker says of the jobs it holds.

use agentcy_core::{
    Action, By, ErrorCode, FieldError, Timestamp,
    id::{JobId, WorkerId},
    job::ApplySource,
};
use agentcy_store::{
    jobs::{self as store, Hold},
    system::workers::{self, Named},
};
use bytes::Bytes;

use super::{MAX_REPORT, claim::HandedOut};
use crate::{
    Error, Platform, Result, StoreError,
    jobs::{Halt, Held, JobError, LEASE, settle},
    sync::{Collect, MAX_BATCHES, check_batch, updated},
    wake::Bell,
};

/// What became of the jobs that a worker holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beats {
    /// Somebody asked to stop these.
    pub cancelled: Vec<JobId>,
    /// These are somebody else's by now, or over.
    pub lost: Vec<JobId>,
}

/// How a job ended for a worker.
#[derive(Debug, Clone)]
pub enum Ending {
    /// All that the source says was brought.
    Collected {
        /// In how many batches.
        batches: i32,
    },
    /// It broke off.
    Failed {
        /// Why.
        message: String,
        /// Whether it may succeed later.
        retry: bool,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

/// Hears that a worker lives, and keeps what it holds. Errors: `not_found`.
pub async fn heartbeat(platform: &Platform, worker: WorkerId, holds: &[Hold]) -> Result<Beats> {
    let now = platform.clock.now();
    let mut tx = platform.db.system(&platform.system).await?;
    workers::beat(&mut tx, worker, now).await?.ok_or_else(|| Error::not_found("worker"))?;
    let kept = match holds {
        [] => Vec::new(),
        _ => workers::keep(&mut tx, worker, holds, now + LEASE).await?,
    };
    tx.commit().await?;
    let is_kept = |hold: &&Hold| !kept.iter().any(|beat| beat.id == hold.id);
    Ok(Beats {
        cancelled: kept.iter().filter(|beat| beat.cancel).map(|beat| beat.id).collect(),
        lost: holds.iter().filter(is_kept).map(|hold| hold.id).collect(),
    })
}

/// Hears how far a job is, and keeps it for longer. Says until when, and whether somebody asked to stop it.
///
/// Errors: `not_found`, `lease_lost`, `invalid`.
pub async fn progress(
    platform: &Platform,
    worker: WorkerId,
    hold: Hold,
    (done, total): (Option<u64>, Option<u64>),
    lines: &[String],
) -> Result<(Timestamp, bool)> {
    if lines.len() > MAX_REPORT {
        return Err(Error::invalid_field("log", "at most 100 lines at once"));
    }
    let (by, _) = held(platform, worker, hold).await?;
    let now = platform.clock.now();
    let until = now + LEASE;
    let mut tx = platform.db.begin(&by).await?;
    let cancel = store::extend(&mut tx, hold, until, done, total).await.map_err(lost)?;
    if !lines.is_empty() {
        store::append_log(&mut tx, hold, lines, now).await?;
    }
    if done.is_some() || total.is_some() {
        updated(platform, &mut tx, hold.id).await?;
    }
    tx.commit().await?;
    Ok((until, cancel))
}

/// Keeps a batch of what was collected; sent again it changes nothing.
///
/// Errors: `not_found`, `lease_lost`, `invalid`.
pub async fn records(
    platform: &Platform,
    worker: WorkerId,
    hold: Hold,
    batch: i32,
    records: Bytes,
) -> Result<()> {
    if !(0..MAX_BATCHES).contains(&batch) {
        return Err(Error::invalid_field("batch", "0 to 511"));
    }
    let (by, _) = held(platform, worker, hold).await?;
    let read = records.clone();
    // Eight megabytes of JSON are too much for a thread that others wait for.
    let checked = tokio::task::spawn_blocking(move || check_batch(&read)).await;
    checked
        .map_err(|error| Error::internal("a batch could not be read", error))?
        .map_err(|unfit| Error::invalid_field(&format!("$[{}]", unfit.line), unfit.why))?;
    let mut tx = platform.db.begin(&by).await?;
    store::append_records(&mut tx, hold, batch, &records).await.map_err(lost)?;
    Ok(tx.commit().await?)
}

/// Hears how a job ended: what was collected is applied beside the stores.
///
/// Errors: `not_found`, `lease_lost`, `invalid` (batches are missing).
pub async fn complete(
    platform: &Platform,
    worker: WorkerId,
    hold: Hold,
    ending: Ending,
) -> Result<()> {
    let (by, named) = held(platform, worker, hold).await?;
    match ending {
        Ending::Collected { batches } => advance(platform, &by, hold, batches).await,
        Ending::Failed { message, retry } => {
            let failed = match retry {
                _ if named.cancel => JobError::Halted(Halt::Cancelled),
                true => JobError::retry(Said(message)),
                false => JobError::fail(Said(message)),
            };
            let (platform, attempt) = (platform.clone(), named.attempt);
            let job = Held { platform, by, hold, subject: named.subject, attempt };
            settle(&Collect, &job, named.max_attempts, Err(failed)).await
        }
    }
}

async fn advance(platform: &Platform, by: &By, hold: Hold, batches: i32) -> Result<()> {
    let mut tx = platform.db.begin(by).await?;
    let HandedOut { source, version, resumed } =
        store::payload(&mut tx, hold).await.map_err(lost)?;
    let kept = store::kept(&mut tx, hold).await?;
    // Only the worker knows whether the last ones arrived, and what is missing would be archived.
    if kept != Some(batches) {
        let fault = FieldError::new("result.batches", "some of them did not arrive");
        return Err(Error::invalid(vec![fault]));
    }
    let next = ApplySource { source, version, resumed, fence: hold.fence, batches };
    store::advance(&mut tx, hold, &next, platform.clock.now(), false).await.map_err(lost)?;
    tx.commit().await?;
    platform.ring(Bell::Due).await;
    Ok(())
}

/// The proof that opens the org of a job for the worker that holds it.
async fn held(platform: &Platform, worker: WorkerId, hold: Hold) -> Result<(By, Named)> {
    let mut tx = platform.db.system(&platform.system).await?;
    let named = workers::named(&mut tx, worker, hold.id).await?;
    tx.commit().await?;
    let named = named.ok_or_else(|| Error::not_found("job"))?;
    if named.fence != Some(hold.fence) {
        return Err(lease_lost());
    }
    let by = platform.acting(named.org_id, hold.id, &named.made_by, Action::SourceSync)?;
    Ok((by, named))
}

fn lost(error: StoreError) -> Error {
    match error {
        StoreError::LeaseLost(_) => lease_lost(),
        other => other.into(),
    }
}

fn lease_lost() -> Error {
    Error::refused(ErrorCode::LeaseLost, "the job is somebody else's by now, or over")
}
