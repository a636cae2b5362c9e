//! The first half of a sync: the connector alone. Nothing of it shows before the second half.

use agentcy_core::{
    Action,
    job::{ApplySource, CollectSource, Payload},
};
use agentcy_sources::{Content, Job};
use agentcy_store::{Tx, jobs, sources};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    keeper::{Progress, Sink, collect},
    updated::updated,
};
use crate::{
    Result,
    jobs::{Held, JobError, Kind},
    sources::{Settings, StoredContent},
    wake::Bell,
};

/// Runs the connector and keeps what it says.
#[derive(Debug, Clone, Copy)]
pub struct Collect;

impl Kind for Collect {
    fn name(&self) -> &'static str {
        CollectSource::NAME
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

async fn run(job: &Held) -> Result<(), JobError> {
    let platform = &job.platform;
    let mut tx = platform.db.begin(&job.by).await?;
    let CollectSource { source: id } = jobs::payload(&mut tx, job.hold).await?;
    let source = sources::find(&mut tx, id).await?.ok_or(JobError::Gone)?;
    jobs::forget_records(&mut tx, job.hold).await?;
    jobs::note(&mut tx, job.hold, 0, None, &[]).await?;
    updated(platform, &mut tx, job.hold.id).await?;
    tx.commit().await?;

    let org = job.by.org_id();
    let settings = Settings::stored(platform, org, &source)?;
    let files = platform.files_of(org).await?;
    let content = StoredContent::of(platform, &job.by, &source);
    let cache = platform.cache_of(org, id);
    let work = Job {
        config: &settings.config,
        credentials: &settings.credentials,
        egress: &platform.egress,
        files: &files,
        content: content.as_ref().map(|content| content as &dyn Content),
        cursor: source.cursor.as_ref(),
        cache: cache.as_deref(),
    };
    let mut beside = Beside(job);
    let collected = collect(settings.connector.collect(work), &mut beside).await?;

    let next = ApplySource {
        source: id,
        version: source.updated_at,
        resumed: source.cursor.is_some(),
        fence: job.hold.fence,
        batches: collected.batches,
    };
    let mut tx = platform.db.begin(&job.by).await?;
    beside.write(&mut tx, &collected.progress).await?;
    jobs::advance(&mut tx, job.hold, &next, platform.clock.now(), false).await?;
    tx.commit().await?;
    platform.ring(Bell::Due).await;
    Ok(())
}

/// Keeps batches in the store, which is beside us.
struct Beside<'a>(&'a Held);

impl Beside<'_> {
    async fn write(&self, tx: &mut Tx, progress: &Progress) -> Result<(), JobError> {
        let Progress { done, total, faults } = progress;
        jobs::note(tx, self.0.hold, *done, *total, faults).await?;
        updated(&self.0.platform, tx, self.0.hold.id).await?;
        Ok(())
    }
}

impl Sink for Beside<'_> {
    async fn keep(&mut self, number: i32, records: Vec<u8>) -> Result<(), JobError> {
        let mut tx = self.0.platform.db.begin(&self.0.by).await?;
        jobs::append_records(&mut tx, self.0.hold, number, &records).await?;
        Ok(tx.commit().await?)
    }

    async fn note(&mut self, progress: &Progress) -> Result<(), JobError> {
        let mut tx = self.0.platform.db.begin(&self.0.by).await?;
        self.write(&mut tx, progress).await?;
        Ok(tx.commit().await?)
    }
}
