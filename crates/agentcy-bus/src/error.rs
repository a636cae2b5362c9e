//! What can go wrong with the bus.

/// A failure of the bus; the cause is the `source`, and no text holds a credential or a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server is away, too slow, or refuses; the same call may work later.
    #[error("the bus did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something is kept under the key that this bus did not write.
    #[error("the bus holds something that agentcy did not write")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bus in this process holds as much as it may.
    #[error("the bus in this process is full")]
    Full,
    /// A value, a message or a name beyond its bound.
    #[error("a {what} of the bus has at most {max} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bound in bytes.
        max: usize,
    },
    /// A time that is zero or longer than a year.
    #[error("a time on the bus is more than nothing and at most a year")]
    BadTime,
    /// The address or the prefix cannot be used.
    #[error("the bus cannot be set up: {0}")]
    Settings(String),
}

impl Error {
    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}
