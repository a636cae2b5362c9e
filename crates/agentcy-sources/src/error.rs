//! How a connector fails.

use agentcy_core::FieldError;

/// How a connector fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The config or the credentials break the connector's rules.
    #[error("the settings of the source are wrong")]
    Invalid(Vec<FieldError>),
    /// The connector has no such tool.
    #[error("there is no tool {0}")]
    UnknownTool(String),
    /// The other side said no, and will say it again.
    #[error("the source was refused: {0}")]
    Refused(String),
    /// The other side cannot be reached now.
    #[error("the source cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a connector gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether the same job may succeed later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<agentcy_egress::Error> for Error {
    fn from(error: agentcy_egress::Error) -> Self {
        use agentcy_egress::Error as Egress;
        match error {
            Egress::Blocked(_)
            | Egress::InvalidUrl(_)
            | Egress::InvalidRequest(_)
            | Egress::TooLarge { .. }
            | Egress::Redirect(_) => Self::Refused(error.to_string()),
            Egress::Resolve(_)
            | Egress::Connect(_)
            | Egress::Timeout
            | Egress::Broken(_)
            | Egress::Setup(_) => Self::Unavailable(error.into()),
        }
    }
}
