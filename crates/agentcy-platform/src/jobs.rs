//! Runners: who claims jobs, keeps them while they go on, and says how they ended.
//!
//! A job is done at least once; what it changes in our own database happens once, since its last write names the fence
//! of the claim. A kind of job is a [`Kind`]; the loop that turns a [`Runner`] is the worker's.

mod acting;
mod backoff;
mod runner;
mod settle;

use std::{error::Error as StdError, time::Duration};

use agentcy_core::By;
use agentcy_store::Tx;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{Error, Platform, Result, StoreError};

pub use agentcy_store::jobs::Hold;
pub use backoff::{FIRST_DELAY, LONGEST_DELAY, longest_delay};
pub use runner::Runner;
pub(crate) use settle::settle;

/// How long a claim holds without a heartbeat. Clocks of runners may differ by what is left of it after one.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often held jobs are kept, and their cancellation is heard of at the latest.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// How often runners look for work that nobody woke them for.
pub const POLL: Duration = Duration::from_secs(1);
/// How many jobs one process works on at once.
pub const AT_ONCE: usize = 4;
/// How often each half of a job is tried.
pub const MAX_ATTEMPTS: i32 = 5;

/// A job that is held.
pub struct Held {
    /// What everything stands on.
    pub platform: Platform,
    /// Opens the stores for whoever asked for the job.
    pub by: By,
    /// The claim.
    pub hold: Hold,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// Which attempt this is, from 1 on.
    pub attempt: i32,
}

/// A kind of job.
pub trait Kind: Send + Sync + 'static {
    /// The name in the job table.
    fn name(&self) -> &'static str;

    /// What the job may do in the name of whoever asked for it.
    fn action(&self) -> agentcy_core::Action;

    /// Does it, and writes its good end itself, in the transaction of its effect. It may be dropped at any time.
    fn run<'a>(&'a self, job: &'a Held) -> BoxFuture<'a, Result<(), JobError>>;

    /// Writes who shall hear of it into the transaction in which the job was put off, given up or stopped.
    fn tell<'a>(&'a self, tx: &'a mut Tx, job: &'a Held) -> BoxFuture<'a, Result<()>>;
}

type Cause = Box<dyn StdError + Send + Sync>;

/// Why a job did not end well.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may succeed later.
    #[error("{0}")]
    Retry(#[source] Cause),
    /// It will not succeed.
    #[error("{0}")]
    Fail(#[source] Cause),
    /// It was about something that is no more.
    #[error("what the job was about is gone")]
    Gone,
    /// It must not go on here.
    #[error("the job was stopped: {0:?}")]
    Halted(Halt),
}

impl JobError {
    /// It may succeed later. The words of the error are shown, its sources are not.
    pub fn retry(error: impl Into<Cause>) -> Self {
        Self::Retry(error.into())
    }

    /// It will not succeed. The words of the error are shown, its sources are not.
    pub fn fail(error: impl Into<Cause>) -> Self {
        Self::Fail(error.into())
    }
}

/// A store that is away or busy comes back; what is refused or unreadable stays so.
impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost(_) => Self::Halted(Halt::Lost),
            StoreError::Unavailable(_) | StoreError::Database(_) => Self::retry(error),
            StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Unfit(_) => {
                Self::fail(error)
            }
        }
    }
}

/// As the store's, and a refusal is final.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Bus(_) | Error::Graph(_) => Self::retry(error),
            Error::Refused { .. } | Error::Internal(..) => Self::fail(error),
        }
    }
}

/// Why a job must not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Somebody asked.
    Cancelled,
    /// It is somebody else's by now.
    Lost,
    /// The process stops; another goes on.
    Draining,
}
