//! What can go wrong between us and a graph engine.

use agentcy_core::id::OrgId;

/// A cause of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What graph functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of a graph engine; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine cannot be reached or is shut; the same call may succeed later.
    #[error("the {engine} graph engine is not available")]
    Unavailable {
        /// Which engine.
        engine: &'static str,
        /// Why, when something said so.
        #[source]
        source: Option<BoxError>,
    },
    /// The engine did not answer in time; the call may or may not have had its effect.
    #[error("the {engine} graph engine took too long")]
    Timeout {
        /// Which engine.
        engine: &'static str,
        /// Its words.
        #[source]
        source: Option<BoxError>,
    },
    /// The engine answered no: credentials, rights, or a statement it does not run.
    #[error("the {engine} graph engine refused")]
    Refused {
        /// Which engine.
        engine: &'static str,
        /// Its words.
        #[source]
        source: BoxError,
    },
    /// What is stored cannot be read as ours; a rebuild from the ledger mends it.
    #[error("the graph of {org} is damaged: {what}")]
    Corrupt {
        /// Whose graph.
        org: OrgId,
        /// What does not read.
        what: String,
        /// Why, when something said so.
        #[source]
        source: Option<BoxError>,
    },
    /// The graph was written for another database or another org; a rebuild from the ledger replaces it.
    #[error("the graph found for {org} belongs to {owner}")]
    Foreign {
        /// Whose graph was asked for.
        org: OrgId,
        /// Whose it is.
        owner: String,
    },
    /// A query got no answer for reasons of its own.
    #[error(transparent)]
    Query(#[from] crate::cypher::Failure),
    /// A name, an item or a list is over its bound; nothing was written.
    #[error("{what} is larger than {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl Error {
    /// Whether the same call may succeed later without anybody mending anything.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Timeout { .. })
    }
}
