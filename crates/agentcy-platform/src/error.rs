//! How an operation ends when it does not succeed.

use std::{borrow::Cow, sync::Arc};

use agentcy_core::{ErrorCode, FieldError};
use agentcy_store as store;
use serde_json::Value;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The outcome of an operation that was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// For the client: a code of the closed list, and words written for it.
    #[error("{message}")]
    Refused {
        /// The code; it alone knows its status.
        code: ErrorCode,
        /// What the client is told.
        message: Cow<'static, str>,
        /// The fields at fault.
        fields: Vec<FieldError>,
        /// More for `details`.
        details: Option<Value>,
    },
    /// PostgreSQL failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] agentcy_bus::Error),
    /// The graph failed.
    #[error(transparent)]
    Graph(#[from] agentcy_graph::Error),
    /// A fault of ours.
    #[error("{0}")]
    Internal(Cow<'static, str>, #[source] Option<Source>),
}

/// What operations give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal with this code.
    pub fn refused(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { code, message: message.into(), fields: Vec::new(), details: None }
    }

    /// The same refusal with more for `details`.
    #[must_use]
    pub fn with_details(mut self, more: Value) -> Self {
        if let Self::Refused { details, .. } = &mut self {
            *details = Some(more);
        }
        self
    }

    /// There is no such thing for this caller; foreign things get the same answer.
    pub fn not_found(kind: &'static str) -> Self {
        Self::refused(ErrorCode::NotFound, format!("no such {kind}"))
    }

    /// The value of this field is in use.
    pub fn taken(path: &'static str) -> Self {
        let mut error = Self::refused(ErrorCode::Taken, format!("{path} is in use"));
        if let Self::Refused { fields, .. } = &mut error {
            fields.push(FieldError::new(path, "is in use"));
        }
        error
    }

    /// These fields break their rules.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [only] => format!("{}: {}", only.path, only.message),
            many => format!("{} fields are invalid", many.len()),
        };
        Self::Refused { code: ErrorCode::Invalid, message: message.into(), fields, details: None }
    }

    /// One field breaks its rule.
    pub fn invalid_field(path: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(path, message)])
    }

    /// The caller's role, realms or credential do not allow it.
    pub fn insufficient_role(message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(ErrorCode::InsufficientRole, message)
    }

    /// The credential is missing, unknown, expired or revoked: one answer for all.
    pub fn unauthenticated() -> Self {
        Self::refused(ErrorCode::Unauthenticated, "the credential is missing or not valid")
    }

    /// A fault of ours, with its cause for the log.
    pub fn internal(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Internal(what.into(), Some(source.into()))
    }

    /// The code, where it is a refusal.
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// The same error for each who waited for it; `what` is said where it is none that they know.
pub(crate) fn shared(error: Arc<Error>, what: &'static str) -> Error {
    let error = match Arc::try_unwrap(error) {
        Ok(alone) => return alone,
        Err(error) => error,
    };
    match &*error {
        Error::Refused { code, message, fields, details } => Error::Refused {
            code: *code,
            message: message.clone(),
            fields: fields.clone(),
            details: details.clone(),
        },
        Error::Store(store::Error::Unavailable(_)) => {
            store::Error::Unavailable(error.into()).into()
        }
        _ => Error::internal(what, error),
    }
}

/// Collects the faults of a body, so that all are told at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes a fault unless the rule holds.
    pub(crate) fn require(&mut self, holds: bool, path: impl Into<String>, message: &str) {
        if !holds {
            self.0.push(FieldError::new(path, message));
        }
    }

    /// Whether none was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An error when any was noted.
    pub(crate) fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self.0)) }
    }
}
