//! From a thread that may block to the stream of a sync: bounded, and stopped with it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use tokio::{runtime::Handle, sync::mpsc, task};

use crate::{Error, Fault, Progress, Record, Result};

/// How many records travel together.
const BATCH: usize = 256;
/// How many batches wait for the reader.
const DEPTH: usize = 4;

/// Why the work ended early.
pub(super) enum Halt {
    /// Nobody listens any more.
    Dropped,
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Set once nobody waits for the work any more.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Where records go.
pub(super) struct Sink {
    send: mpsc::Sender<Vec<Record>>,
    batch: Vec<Record>,
    /// What could not be read so far.
    pub(super) faults: Vec<Fault>,
    /// Whether only faults are taken note of.
    pub(super) muted: bool,
    pub(super) stop: Stop,
    pub(super) runtime: Handle,
}

impl Sink {
    pub(super) fn record(&mut self, record: Record) -> std::result::Result<(), Halt> {
        if let Record::Fault(fault) = &record {
            self.faults.push(fault.clone());
        }
        if self.muted {
            return Ok(());
        }
        self.batch.push(record);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    pub(super) fn progress(
        &mut self,
        done: usize,
        total: Option<usize>,
    ) -> std::result::Result<(), Halt> {
        if self.muted {
            return Ok(());
        }
        let (done, total) = (done as u64, total.map(|total| total as u64));
        self.record(Record::Progress(Progress { done, total }))?;
        self.flush()
    }

    pub(super) fn flush(&mut self) -> std::result::Result<(), Halt> {
        let batch = std::mem::take(&mut self.batch);
        self.send.blocking_send(batch).map_err(|_| Halt::Dropped)
    }
}

/// The records that some blocking work gives; it begins when the stream is read, and ends with it.
pub(super) fn records(
    work: impl FnOnce(&mut Sink) -> std::result::Result<(), Halt> + Send + 'static,
) -> BoxStream<'static, Result<Record>> {
    let begin = async move {
        let (send, mut receive) = mpsc::channel(DEPTH);
        let stop = Stop::default();
        let guard = StopOnDrop(stop.clone());
        let mut sink = Sink {
            send,
            batch: Vec::new(),
            faults: Vec::new(),
            muted: false,
            stop,
            runtime: Handle::current(),
        };
        let work = task::spawn_blocking(move || {
            work(&mut sink)?;
            sink.flush()
        });
        async_stream::stream! {
            let _guard = guard;
            while let Some(batch) = receive.recv().await {
                for record in batch {
                    yield Ok(record);
                }
            }
            match work.await {
                Ok(Ok(()) | Err(Halt::Dropped)) => {}
                Ok(Err(Halt::Failed(error))) => yield Err(error),
                Err(broken) => yield Err(ended(broken)),
            }
        }
    };
    begin.into_stream().flatten().boxed()
}

/// Some blocking work with one answer; told to stop when nobody waits for it any more.
pub(super) fn answer<T: Send + 'static>(
    work: impl FnOnce(&Stop, &Handle) -> Result<T> + Send + 'static,
) -> BoxFuture<'static, Result<T>> {
    async move {
        let stop = Stop::default();
        let _guard = StopOnDrop(stop.clone());
        let runtime = Handle::current();
        task::spawn_blocking(move || work(&stop, &runtime))
            .await
            .unwrap_or_else(|broken| Err(ended(broken)))
    }
    .boxed()
}

/// The work was cut off, or a library panicked over what it read.
fn ended(broken: task::JoinError) -> Error {
    if broken.is_panic() {
        Error::Refused("the repository is so broken that reading it failed".to_owned())
    } else {
        Error::Unavailable(broken.into())
    }
}
