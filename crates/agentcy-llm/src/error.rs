//! What can go wrong with a provider.

use std::time::Duration;

use crate::words;

/// What in the settings cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The place is no http or https URL with a host.
    #[error("the base URL cannot be called")]
    Place,
    /// The key holds what no header can carry.
    #[error("the key has characters that no header can carry")]
    Key,
}

/// What can go wrong with a provider. No variant carries the key, or the URL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider answered, and said no.
    #[error("the provider refused with status {status}: {message}")]
    Refused {
        /// Its status.
        status: u16,
        /// Its words, bounded, without control characters and without the key.
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// More was asked than the model reads at once.
    #[error("the model cannot read that much at once: {message}")]
    TooLong {
        /// The provider's words, as above.
        message: String,
        /// How many tokens it reads and writes at once, where the words tell.
        window: Option<u32>,
    },
    /// The provider cannot be reached, or broke off.
    #[error("the provider cannot be reached")]
    Unavailable(#[source] agentcy_egress::Error),
    /// The provider's answer ended in its midst.
    #[error("the provider broke off its answer")]
    Broken,
    /// The provider took too long.
    #[error("the provider took too long")]
    Timeout,
    /// Calls may not go where the provider is.
    #[error(
        "the provider's address is not public; the operator allows it with AGENTCY_EGRESS_ALLOW"
    )]
    Blocked(#[source] agentcy_egress::Error),
    /// The provider said yes in a way that cannot be read.
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// The settings cannot be used.
    #[error("{0}")]
    Unusable(Unusable),
}

/// What a provider gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What a provider refused, with its own words.
    pub(crate) fn refused(status: u16, message: String, retry_after: Option<Duration>) -> Self {
        if matches!(status, 400 | 413 | 422 | 500)
            && (status == 413 || words::is_too_long(&message))
        {
            return Self::TooLong { window: words::window(&message), message };
        }
        Self::Refused { status, message, retry_after }
    }

    /// Whether it is a refusal of a request for one of these.
    pub(crate) fn names(&self, fields: &[&str]) -> bool {
        let Self::Refused { status: 400 | 422, message, .. } = self else { return false };
        fields.iter().any(|field| message.contains(field))
    }

    /// Whether another model of the same provider may do what this one does not.
    pub const fn may_pass_elsewhere(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(*status, 403 | 404) || self.is_temporary(),
            Self::TooLong { .. } | Self::Unreadable(_) => true,
            _ => self.is_temporary(),
        }
    }

    /// Whether the same call may succeed later.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(*status, 408 | 409 | 429 | 500..),
            Self::Unavailable(_) | Self::Broken | Self::Timeout => true,
            Self::TooLong { .. } | Self::Blocked(_) | Self::Unreadable(_) | Self::Unusable(_) => {
                false
            }
        }
    }
}

impl From<agentcy_egress::Error> for Error {
    fn from(error: agentcy_egress::Error) -> Self {
        use agentcy_egress::Error as Egress;
        match error {
            Egress::Blocked(_) => Self::Blocked(error),
            Egress::Timeout => Self::Timeout,
            Egress::InvalidUrl(_) => Self::Unusable(Unusable::Place),
            // Everything else in a request is made here.
            Egress::InvalidRequest(_) => Self::Unusable(Unusable::Key),
            Egress::TooLarge { .. } => Self::Unreadable("it is too large"),
            Egress::Resolve(_)
            | Egress::Connect(_)
            | Egress::Redirect(_)
            | Egress::Broken(_)
            | Egress::Setup(_) => Self::Unavailable(error),
        }
    }
}
