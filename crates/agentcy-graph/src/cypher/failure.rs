//! Why a query that passed the gate gave no answer.

use std::time::Duration;

use super::Refusal;

/// Why a query gave no answer, for which the asker and not the engine is to be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The engine does not run it: a name it does not know, a type that does not fit.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It ran into its time.
    #[error("the query took longer than {0:?}")]
    Timeout(Duration),
    /// It needed more rows, bytes or memory than a query may have.
    #[error("the query is too large: {0}")]
    TooLarge(String),
    /// Too many queries wait already; the same query may run later.
    #[error("too many queries run at the moment")]
    Busy,
}
