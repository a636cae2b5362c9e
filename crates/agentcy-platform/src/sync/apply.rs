//! The second half of a sync: what was collected is compared with the ledger. One transaction, all or nothing.

use agentcy_core::{
    Action,
    job::{ApplySource, CollectSource, Payload},
};
use agentcy_store::{
    Tx,
    jobs::{self, Fault, Outcome},
    ledger::{self, Asserter, Stage, Staged},
    sources,
};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    collected::{Broken, Heard},
    updated::updated,
};
use crate::{
    Result, events,
    jobs::{Held, JobError, Kind},
    wake::Bell,
    workers,
};

/// Compares what was collected with the ledger, and writes what changed.
#[derive(Debug, Clone, Copy)]
pub struct Apply;

impl Kind for Apply {
    fn name(&self) -> &'static str {
        ApplySource::NAME
    }

    fn action(&self) -> Action {
        Action::SourceSync
    }

    fn run<'a>(&'a self, job: &'a Held) -> BoxFuture<'a, Result<(), JobError>> {
        run(job).boxed()
    }

    fn tell<'a>(&'a self, tx: &'a mut Tx, job: &'a Held) -> BoxFuture<'a, Result<()>> {
        async { updated(&job.platform, tx, job.hold.id).await.map(drop) }.boxed()
    }
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("a batch of what was collected is missing")]
    MissingBatch,
    #[error("nothing that the source said could be read; {0}: {1}")]
    NothingRead(String, String),
}

async fn run(job: &Held) -> Result<(), JobError> {
    let platform = &job.platform;
    let mut tx = platform.db.begin_long(&job.by).await?;
    let plan: ApplySource = jobs::payload(&mut tx, job.hold).await?;
    let source = sources::find(&mut tx, plan.source).await?.ok_or(JobError::Gone)?;
    if source.updated_at != plan.version {
        drop(tx);
        return collect_again(job, &plan).await;
    }
    let batch = ledger::Batch {
        id: platform.ids.next(),
        at: platform.clock.now(),
        asserter: Asserter::Source(plan.source),
        cause: job.hold.id.to_string(),
    };
    let mut stage = Stage::open(&mut tx, &batch, &source.realm).await?;
    let mut heard = Heard::default();
    // One at a time is in memory.
    for number in 0..plan.batches {
        let bytes = jobs::records(&mut tx, job.hold.id, plan.fence, number).await?;
        let bytes = bytes.ok_or_else(|| JobError::fail(Failure::MissingBatch))?;
        let staged;
        (heard, staged) = read(heard, bytes, plan.resumed).await?;
        for refused in stage.add(&mut tx, &staged).await? {
            heard.faults.push(&refused.place, &refused.message);
        }
    }
    if let Some(first) = heard.faults.first()
        && stage.is_empty()
        && !heard.is_delta
    {
        let Fault { place, message } = first.clone();
        return Err(JobError::fail(Failure::NothingRead(place, message)));
    }
    let held = if heard.is_doubtful { stage.hold_back(&mut tx, heard.is_delta).await? } else { 0 };
    let counts = stage.apply(&mut tx, heard.is_delta || held > 0).await?;
    let has_changed = counts.added + counts.changed + counts.archived > 0;
    if has_changed {
        let what = (batch.id, counts);
        events::graph_changed(platform, &mut tx, Some(plan.source), &source.realm, what).await?;
    }
    // From here on the source and the job are locked; both were free for whoever changes or stops them until now.
    // What was held back is gone in no later delta: the next sync says everything.
    let cursor = heard.cursor.as_ref().filter(|_| held == 0);
    if !sources::set_cursor(&mut tx, plan.source, plan.version, cursor).await? {
        drop(tx);
        return collect_again(job, &plan).await;
    }
    let mut faults = heard.faults.list();
    faults.extend((held > 0).then(|| held_back(held)));
    let outcome = Outcome { counts, faults, batch: has_changed.then_some(batch.id) };
    jobs::succeed(&mut tx, job.hold, &outcome, platform.clock.now()).await?;
    updated(platform, &mut tx, job.hold.id).await?;
    tx.commit().await?;
    let Outcome { counts, faults, .. } = outcome;
    tracing::info!(
        source.id = %plan.source,
        sync.added = counts.added,
        sync.changed = counts.changed,
        sync.archived = counts.archived,
        sync.unchanged = counts.unchanged,
        sync.faults = faults.len(),
        "the source is synced"
    );
    platform.wrote().await;
    Ok(())
}

/// Says why what was not found is still there.
fn held_back(count: u64) -> Fault {
    let words = format!(
        "something could not be read, so nothing was archived: what was not found this time (nodes and edges: {count}) may \
         still be there. The next sync that reads everything archives what is gone"
    );
    Fault::new("", &words)
}

/// Reads a batch. Eight megabytes of JSON are too much for a thread that others wait for.
async fn read(
    mut heard: Heard,
    bytes: Vec<u8>,
    resumed: bool,
) -> Result<(Heard, Vec<Staged>), JobError> {
    let read = tokio::task::spawn_blocking(move || {
        let staged = heard.read(&bytes, resumed)?;
        Ok::<_, Broken>((heard, staged))
    });
    read.await.map_err(JobError::fail)?.map_err(JobError::fail)
}

/// The source changed since it was collected from: what it said then is not asked any more.
async fn collect_again(job: &Held, plan: &ApplySource) -> Result<(), JobError> {
    let platform = &job.platform;
    let mut tx = platform.db.begin(&job.by).await?;
    let source = sources::find(&mut tx, plan.source).await?.ok_or(JobError::Gone)?;
    let again = CollectSource { source: plan.source };
    let remote = workers::takes(platform, &mut tx, &source).await?;
    jobs::advance(&mut tx, job.hold, &again, platform.clock.now(), remote).await?;
    updated(platform, &mut tx, job.hold.id).await?;
    tx.commit().await?;
    platform.ring(Bell::Due).await;
    Ok(())
}
