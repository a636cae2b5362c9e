//! Why a run does not go on here.

use agentcy_core::{
    Chain,
    chat::{FinishReason, RunErrorCode},
};
use agentcy_platform::{Error, StoreError};

use crate::log::Lost;

/// Why a run does not go on here.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is over.
    End(End),
    /// A person decides, and nothing is held meanwhile.
    Parked,
    /// It is somebody else's by now, or its end cannot be written: whoever takes it over goes on.
    Lost,
    /// The process stops; another goes on.
    Draining,
}

/// How a run is over.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// The answer is whole, or was ended for a reason.
    Finished(FinishReason),
    /// The answer broke off.
    Failed {
        /// Why, as clients match on it.
        code: RunErrorCode,
        /// Why, for people.
        message: String,
        /// Whether the same message may be answered when sent again.
        retryable: bool,
    },
}

impl Stop {
    pub(super) const fn finished(reason: FinishReason) -> Self {
        Self::End(End::Finished(reason))
    }

    pub(super) fn failed(code: RunErrorCode, message: impl Into<String>) -> Self {
        let retryable = !matches!(code, RunErrorCode::RunAsGone | RunErrorCode::OutcomeUnknown);
        Self::End(End::Failed { code, message: message.into(), retryable })
    }

    pub(super) fn internal() -> Self {
        Self::failed(RunErrorCode::Internal, "the server failed; its log says more")
    }
}

/// A store that is away or busy leaves the run to whoever takes it over when it is back; the rest is a fault of ours.
impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost(_) => Self::Lost,
            StoreError::Unavailable(_) => {
                tracing::warn!(error = %Chain(&error), "the store is away; the run is left to be taken over");
                Self::Lost
            }
            error => {
                tracing::error!(error = %Chain(&error), "a run failed");
                Self::internal()
            }
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            error => {
                tracing::error!(error = %Chain(&error), "a run failed");
                Self::internal()
            }
        }
    }
}

impl From<Lost> for Stop {
    fn from(_: Lost) -> Self {
        Self::Lost
    }
}
