//! What a connector says, put into batches of bounded size: beside the stores, and on workers elsewhere.

use std::time::Duration;

use agentcy_sources::{Error as SourceError, Fault as SourceFault, Record};
use agentcy_store::jobs::Fault;
use futures_util::{StreamExt, stream::BoxStream};
use tokio::time::{Instant, timeout};

use super::collected::{Batch, Faults};
use crate::jobs::JobError;

/// How long a source may take for all that it says.
pub const WHOLE: Duration = Duration::from_hours(2);
/// How long a source may be silent.
pub const STALL: Duration = Duration::from_mins(10);
/// How many batches a source may fill: 4 GiB.
pub const MAX_BATCHES: i32 = 512;
/// How often it is told how far the work is.
const NOTED_EVERY: Duration = Duration::from_secs(1);

/// Where the batches of a source go.
pub trait Sink: Send {
    /// Keeps a batch, NDJSON. They are numbered from 0 on.
    fn keep(
        &mut self,
        number: i32,
        records: Vec<u8>,
    ) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Hears how far the work is.
    fn note(&mut self, progress: &Progress) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// How far the work is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// As the connector counts, or in records.
    pub done: u64,
    /// Of how much, when that is known.
    pub total: Option<u64>,
    /// What could not be read, as far as it is listed.
    pub faults: Vec<Fault>,
}

/// All that a source said.
#[derive(Debug, Clone)]
pub struct Collected {
    /// How many batches it filled.
    pub batches: i32,
    /// How far the work came.
    pub progress: Progress,
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

/// Hears a source to its end, and keeps what it says.
pub async fn collect<S: Sink>(
    records: BoxStream<'_, agentcy_sources::Result<Record>>,
    sink: &mut S,
) -> Result<Collected, JobError> {
    let mut keeper = Keeper {
        sink,
        batch: Batch::default(),
        kept: 0,
        faults: Faults::default(),
        done: 0,
        told: None,
        noted: Instant::now(),
    };
    let all = keeper.keep_all(records);
    timeout(WHOLE, all).await.map_err(|_| JobError::fail(Failure::TooLong))??;
    Ok(Collected { batches: keeper.kept, progress: keeper.progress() })
}

struct Keeper<'a, S> {
    sink: &'a mut S,
    batch: Batch,
    kept: i32,
    faults: Faults,
    done: u64,
    /// As the connector counts, once it does.
    told: Option<(u64, Option<u64>)>,
    noted: Instant,
}

impl<S: Sink> Keeper<'_, S> {
    async fn keep_all(
        &mut self,
        mut records: BoxStream<'_, agentcy_sources::Result<Record>>,
    ) -> Result<(), JobError> {
        loop {
            let next = timeout(STALL, records.next()).await;
            let Some(next) = next.map_err(|_| JobError::retry(Failure::Stalled))? else { break };
            self.hear(next.map_err(failure)?).await?;
            if self.noted.elapsed() >= NOTED_EVERY {
                let progress = self.progress();
                self.sink.note(&progress).await?;
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
        let fault = SourceFault::new(place(&record), "the record is larger than 8 MiB");
        self.faults.push(&fault.place, &fault.message);
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
        self.sink.keep(self.kept, self.batch.take()).await?;
        self.kept += 1;
        Ok(())
    }

    fn progress(&self) -> Progress {
        let (done, total) = self.told.unwrap_or((self.done, None));
        Progress { done, total, faults: self.faults.list() }
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
