//! The first half of a sync: the connector alone. Nothing of it shows before the second half.

use std::time::Duration;

use agentcy_core::{
    Action,
    job::{ApplySource, CollectSource, Payload},
};
use agentcy_sources::{Content, Error as SourceError, Fault as SourceFault, Job, Record};
use agentcy_store::{Tx, jobs, sources};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use tokio::time::{Instant, timeout};

use super::{
    collected::{Batch, Faults},
    updated::updated,
};
use crate::{
    Result,
    jobs::{Held, JobError, Kind},
    sources::{Settings, StoredContent},
    wake::Bell,
};

/// How long a source may take for all that it says.
pub const WHOLE: Duration = Duration::from_hours(2);
/// How long a source may be silent.
pub const STALL: Duration = Duration::from_mins(10);
/// How many batches a source may fill: 4 GiB.
pub const MAX_BATCHES: i32 = 512;
/// How often it is written how far the work is.
const NOTED_EVERY: Duration = Duration::from_secs(1);

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

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the source took longer than two hours")]
    TooLong,
    #[error("the source said nothing for ten minutes")]
    Stalled,
    #[error("the source says more than a sync can take: 4 GiB")]
    TooMuch,
    #[error("the source cannot be reached: {0}")]
    Unreachable(String),
    #[error("the settings of the source are wrong: {0}")]
    Settings(String),
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
    let mut keeper = Keeper::new(job);
    let all = keeper.keep_all(settings.connector.collect(work));
    timeout(WHOLE, all).await.map_err(|_| JobError::fail(Failure::TooLong))??;

    let next = ApplySource {
        source: id,
        version: source.updated_at,
        resumed: source.cursor.is_some(),
        fence: job.hold.fence,
        batches: keeper.kept,
    };
    let mut tx = platform.db.begin(&job.by).await?;
    keeper.note(&mut tx).await?;
    jobs::advance(&mut tx, job.hold, &next, platform.clock.now()).await?;
    tx.commit().await?;
    platform.ring(Bell::Due).await;
    Ok(())
}

/// Keeps records in batches, and writes how far the work is.
struct Keeper<'a> {
    job: &'a Held,
    batch: Batch,
    kept: i32,
    faults: Faults,
    done: u64,
    /// As the connector counts, once it does.
    told: Option<(u64, Option<u64>)>,
    noted: Instant,
}

impl<'a> Keeper<'a> {
    fn new(job: &'a Held) -> Self {
        Self {
            job,
            batch: Batch::default(),
            kept: 0,
            faults: Faults::default(),
            done: 0,
            told: None,
            noted: Instant::now(),
        }
    }

    async fn keep_all(
        &mut self,
        mut records: BoxStream<'_, agentcy_sources::Result<Record>>,
    ) -> Result<(), JobError> {
        loop {
            let next = timeout(STALL, records.next()).await;
            let Some(next) = next.map_err(|_| JobError::retry(Failure::Stalled))? else { break };
            self.hear(next.map_err(failure)?).await?;
            if self.noted.elapsed() >= NOTED_EVERY {
                let mut tx = self.job.platform.db.begin(&self.job.by).await?;
                self.note(&mut tx).await?;
                tx.commit().await?;
                self.noted = Instant::now();
            }
        }
        self.flush().await
    }

    async fn hear(&mut self, record: Record) -> Result<(), JobError> {
        match &record {
            Record::Progress(progress) => {
                self.told = Some((progress.done, progress.total));
                return Ok(());
            }
            Record::Fault(fault) => self.faults.push(&fault.place, &fault.message),
            Record::Node(_) | Record::Edge(_) | Record::Gone(_) => self.done += 1,
            Record::Delta | Record::Cursor(_) => {}
        }
        if let Some(line) = Batch::line(&record).map_err(JobError::fail)? {
            return self.push(&line).await;
        }
        let message = "the record is larger than 8 MiB".to_owned();
        self.faults.push(place(&record), &message);
        let fault = SourceFault { place: place(&record).to_owned(), message };
        match Batch::line(&Record::Fault(fault)).map_err(JobError::fail)? {
            Some(line) => self.push(&line).await,
            None => Ok(()),
        }
    }

    async fn push(&mut self, line: &[u8]) -> Result<(), JobError> {
        if self.batch.is_full_for(line) {
            self.flush().await?;
        }
        self.batch.push(line);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), JobError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        if self.kept == MAX_BATCHES {
            return Err(JobError::fail(Failure::TooMuch));
        }
        let bytes = self.batch.take();
        let mut tx = self.job.platform.db.begin(&self.job.by).await?;
        jobs::append_records(&mut tx, self.job.hold, self.kept, &bytes).await?;
        tx.commit().await?;
        self.kept += 1;
        Ok(())
    }

    async fn note(&self, tx: &mut Tx) -> Result<(), JobError> {
        let (done, total) = self.told.unwrap_or((self.done, None));
        jobs::note(tx, self.job.hold, done, total, &self.faults.list()).await?;
        updated(&self.job.platform, tx, self.job.hold.id).await?;
        Ok(())
    }
}

/// What the record is about.
fn place(record: &Record) -> &str {
    match record {
        Record::Node(node) => &node.external_id,
        Record::Edge(edge) => &edge.external_id,
        Record::Gone(gone) => &gone.external_id,
        Record::Fault(fault) => &fault.place,
        Record::Delta | Record::Progress(_) | Record::Cursor(_) => "",
    }
}

/// A connector's failure in the words that are shown.
fn failure(error: SourceError) -> JobError {
    match error {
        SourceError::Unavailable(cause) => JobError::retry(Failure::Unreachable(cause.to_string())),
        SourceError::Invalid(fields) => {
            let words = fields.iter().map(|field| format!("{}: {}", field.path, field.message));
            JobError::fail(Failure::Settings(words.collect::<Vec<_>>().join("; ")))
        }
        SourceError::Refused(_) | SourceError::UnknownTool(_) => JobError::fail(error),
    }
}
