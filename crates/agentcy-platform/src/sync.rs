//! Syncs: what a source says becomes what the ledger knows of it.
//!
//! A sync is one job with two halves: [`Collect`] runs the connector and keeps its records in batches, [`Apply`] compares
//! them with the ledger in one transaction, which also notes the cursor and ends the job.

mod apply;
mod collect;
mod collected;
mod keeper;
mod retire;
mod updated;
mod view;

use std::{collections::HashMap, sync::Arc};

use agentcy_core::{
    Action, By, Caller, ErrorCode, Realm, Realms,
    id::{JobId, SourceId},
    job::{CollectSource, RetireSource},
};
use agentcy_store::{
    OnConstraint, Tenant, Tx, audit,
    jobs::{self as store, NewJob},
    sources::{self, Source},
};
use serde_json::json;

use crate::{
    Draft, Error, Listing, PageRequest, Platform, Result,
    jobs::{Kind, MAX_ATTEMPTS},
    wake::Bell,
    workers,
};

pub use agentcy_core::job::JobState as SyncState;
pub use agentcy_store::{
    jobs::{Fault, Line},
    ledger::Counts,
};
pub use apply::Apply;
pub use collect::Collect;
pub(crate) use collected::check as check_batch;
pub use collected::{MAX_BATCH_BYTES, MAX_BATCH_RECORDS};
pub use keeper::{Collected, MAX_BATCHES, Progress, STALL, Sink, WHOLE, collect};
pub use retire::Retire;
pub(crate) use updated::{updated, updated_all};
pub use view::Sync;

/// Every kind of job that syncs are made of.
pub fn kinds() -> [Arc<dyn Kind>; 3] {
    [Arc::new(Collect), Arc::new(Apply), Arc::new(Retire)]
}

/// Asks for a sync of a source.
///
/// Errors: `not_found`, `invalid` (its connector has tools only), `sync_in_progress`.
pub async fn start(platform: &Platform, caller: &Caller, id: SourceId) -> Result<Draft<Sync>> {
    let by = platform.permit(caller, Action::SourceSync).await?;
    let mut tx = platform.db.begin(&by).await?;
    // Locked, so that it is not removed between this look and the commit.
    let source = sources::lock(&mut tx, id).await?;
    let source = seen(source, by.realms())?;
    let kind = platform.connectors.get(&source.source_type);
    if !kind.is_some_and(|kind| kind.syncs()) {
        let message = format!("a {} source has nothing to sync", source.source_type);
        return Err(Error::invalid_field("source_id", message));
    }
    let job = new_job(platform, &by, id);
    let payload = CollectSource { source: id };
    let enqueued = if workers::takes(platform, &mut tx, &source).await? {
        store::enqueue_remote(&mut tx, &job, &payload).await
    } else {
        store::enqueue(&mut tx, &job, &payload).await
    };
    enqueued.on_constraint(store::SUBJECT_KEY, in_progress)?;
    audit::record(&mut tx, &platform.done(&by, id, json!({ "job": job.id }))).await?;
    let sync = announced(platform, &mut tx, job.id).await?;
    Ok(Draft::new(platform, by, tx, sync))
}

/// Stops the sync of a source that is queued or running. Errors: `not_found`.
pub async fn cancel(platform: &Platform, caller: &Caller, id: SourceId) -> Result<Sync> {
    let by = platform.permit(caller, Action::SourceSyncCancel).await?;
    let mut tx = platform.db.begin(&by).await?;
    seen(sources::find(&mut tx, id).await?, by.realms())?;
    let stopped = store::stop(&mut tx, id.into(), platform.clock.now()).await?;
    let (store::Stop::Over(job) | store::Stop::Asked(job)) =
        stopped.ok_or_else(|| Error::not_found("sync under way"))?;
    audit::record(&mut tx, &platform.done(&by, id, json!({ "job": job }))).await?;
    let sync = announced(platform, &mut tx, job).await?;
    tx.commit().await?;
    platform.ring(Bell::Stop).await;
    Ok(sync)
}

/// The syncs of a source that are queued or running: one at most. Errors: `not_found`.
pub async fn jobs(platform: &Platform, caller: &Caller, id: SourceId) -> Result<Vec<Sync>> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let mut reader = platform.db.read(&by).await?;
    seen(sources::find(&mut reader, id).await?, by.realms())?;
    let found = store::unfinished(&mut reader, id.into()).await?;
    Ok(found.into_iter().map(|job| Sync::of(id, job)).collect())
}

/// Every sync of a source, the newest first. Errors: `not_found`, `invalid_cursor`.
pub async fn history(
    platform: &Platform,
    caller: &Caller,
    id: SourceId,
    page: PageRequest,
) -> Result<Listing<Sync>> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let mut reader = platform.db.read(&by).await?;
    seen(sources::find(&mut reader, id).await?, by.realms())?;
    let scope = format!("{}/sources/{id}/syncs", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let found = store::history(&mut reader, id.into(), page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found.map(|job| Sync::of(id, job))))
}

/// One sync of a source, with its log. Errors: `not_found`.
pub async fn read(platform: &Platform, caller: &Caller, id: SourceId, job: JobId) -> Result<Sync> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let mut reader = platform.db.read(&by).await?;
    seen(sources::find(&mut reader, id).await?, by.realms())?;
    let found = store::find(&mut reader, job).await?;
    let found = found.filter(|job| job.subject == Some(id.into()));
    let mut sync = found.map(|job| Sync::of(id, job)).ok_or_else(|| Error::not_found("sync"))?;
    sync.log = store::log(&mut reader, job).await?;
    Ok(sync)
}

/// Tells every runner that there may be something to do, now that it is committed.
pub async fn wake(platform: &Platform) {
    platform.ring(Bell::Due).await;
}

/// The newest sync of each of these sources that has one.
pub(crate) async fn newest(
    tenant: &mut impl Tenant,
    ids: &[SourceId],
) -> Result<HashMap<SourceId, Sync>> {
    let subjects: Vec<uuid::Uuid> = ids.iter().map(|id| (*id).into()).collect();
    let found = store::latest(tenant, &subjects).await?;
    let of_source = |job: store::Job| {
        let source = SourceId::from(job.subject?);
        Some((source, Sync::of(source, job)))
    };
    Ok(found.into_iter().filter_map(of_source).collect())
}

/// Whether a sync of a source is queued or running.
pub(crate) async fn is_active(tenant: &mut impl Tenant, id: SourceId) -> Result<bool> {
    Ok(store::unfinished(tenant, id.into()).await?.is_some())
}

/// Has all that a removed source said archived, in the background. Nobody could ask for it again, so it is tried until
/// it is done.
pub(crate) async fn retire(
    platform: &Platform,
    tx: &mut Tx,
    by: &By,
    source: SourceId,
    realm: Realm,
) -> Result<()> {
    let job = NewJob { max_attempts: i32::MAX, ..new_job(platform, by, source) };
    let enqueued = store::enqueue(tx, &job, &RetireSource { source, realm }).await;
    enqueued.on_constraint(store::SUBJECT_KEY, in_progress)
}

fn new_job(platform: &Platform, by: &By, source: SourceId) -> NewJob {
    NewJob {
        id: platform.ids.next(),
        subject: Some(source.into()),
        made_by: by.caller().principal.to_string(),
        max_attempts: MAX_ATTEMPTS,
        at: platform.clock.now(),
    }
}

/// Writes how a sync stands to whoever listens.
async fn announced(platform: &Platform, tx: &mut Tx, job: JobId) -> Result<Sync> {
    let sync = updated(platform, tx, job).await?;
    sync.ok_or_else(|| Error::Internal("a job that was just written is not there".into(), None))
}

/// A source outside the caller's realms is as unknown as a foreign one.
fn seen(source: Option<Source>, realms: &Realms) -> Result<Source> {
    let seen = source.filter(|source| realms.contains(&source.realm));
    seen.ok_or_else(|| Error::not_found("source"))
}

fn in_progress() -> Error {
    Error::refused(ErrorCode::SyncInProgress, "the source is being synced")
}
