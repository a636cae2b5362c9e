//! What can go wrong between us and PostgreSQL.

use sqlx::error::DatabaseError;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A fault of the store; `Display` says only this layer, the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or not in time.
    #[error("postgres is not available")]
    Unavailable(#[source] Source),
    /// A named constraint refused the row.
    #[error("constraint {constraint} refused the row")]
    Constraint {
        /// The name of the constraint or unique index.
        constraint: String,
        /// The database's words.
        #[source]
        source: Source,
    },
    /// A row that the model cannot express.
    #[error("row {id} of {table} is corrupt: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row.
        id: String,
        /// What is wrong with it.
        what: String,
    },
    /// The lease is somebody else's by now.
    #[error("the lease {0} was lost")]
    LeaseLost(String),
    /// The database is not one that the server may work on; the text says the mend.
    #[error("{0}")]
    Unfit(String),
    /// Anything else the database said.
    #[error("postgres refused the statement")]
    Database(#[source] Source),
}

/// What store functions give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The constraint that refused the row, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// A row that does not fit the model.
    #[expect(clippy::needless_pass_by_value, reason = "a literal or an id is given as it is")]
    pub fn corrupt(table: &'static str, id: impl ToString, what: impl ToString) -> Self {
        Self::Corrupt { table, id: id.to_string(), what: what.to_string() }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.into()),
            sqlx::Error::Database(refusal) => match refusal.constraint() {
                Some(constraint) => {
                    Self::Constraint { constraint: constraint.to_owned(), source: error.into() }
                }
                None if is_outage(refusal.as_ref()) => Self::Unavailable(error.into()),
                None => Self::Database(error.into()),
            },
            _ => Self::Database(error.into()),
        }
    }
}

/// What a server says that takes no writes.
pub(crate) const READ_ONLY: &str = "25006";

/// Connection trouble (08), no room left (53), shutdown and crash (57P), no writes, a statement or lock that took too long.
fn is_outage(refusal: &dyn DatabaseError) -> bool {
    refusal.code().is_some_and(|code| {
        ["08", "53", "57P"].iter().any(|class| code.starts_with(class))
            || matches!(code.as_ref(), READ_ONLY | "57014" | "55P03" | "25P03")
    })
}

/// Turns a named constraint into an error of the caller's own.
pub trait OnConstraint<T> {
    /// Gives `refuse()` when this constraint refused the row.
    fn on_constraint<E: From<Error>>(self, name: &str, refuse: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T> OnConstraint<T> for Result<T> {
    fn on_constraint<E: From<Error>>(self, name: &str, refuse: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| if error.constraint() == Some(name) { refuse() } else { error.into() })
    }
}
