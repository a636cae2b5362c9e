//! What can go wrong on the way out.

use std::{error::Error as StdError, net::IpAddr};

/// What can go wrong on the way out. Nothing in here carries a URL or a header.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is private, reserved or otherwise not for outgoing calls.
    #[error("calls to {0} are not allowed: it is private or reserved")]
    Blocked(IpAddr),
    /// The URL cannot be called.
    #[error("the URL {0}")]
    InvalidUrl(&'static str),
    /// The request cannot be made as asked.
    #[error("the request is not valid")]
    InvalidRequest(#[source] reqwest::Error),
    /// The name has no address.
    #[error("the name cannot be resolved")]
    Resolve(#[source] std::io::Error),
    /// No connection came about.
    #[error("the connection failed")]
    Connect(#[source] Box<dyn StdError + Send + Sync>),
    /// It took too long.
    #[error("the call ran into its time")]
    Timeout,
    /// The answer is larger than asked for.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most that was asked for.
        limit: usize,
    },
    /// The answer led elsewhere, and that was not followed.
    #[error("a redirect was not followed: {0}")]
    Redirect(&'static str),
    /// The exchange broke after the connection stood.
    #[error("the exchange broke off")]
    Broken(#[source] reqwest::Error),
    /// The client cannot be made on this machine.
    #[error("no HTTP client can be made here: {0}")]
    Setup(String),
}

/// What the way out gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Sorts an error of the HTTP client, and takes its URL away.
    pub(crate) fn from_http(error: reqwest::Error) -> Self {
        if let Some(own) = own(&error) {
            return own;
        }
        let error = error.without_url();
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect(error.into())
        } else if error.is_builder() {
            Self::InvalidRequest(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// An error of ours that the resolver gave and the client wrapped.
fn own(error: &reqwest::Error) -> Option<Error> {
    let mut next = error.source();
    while let Some(cause) = next {
        match cause.downcast_ref() {
            Some(Error::Blocked(address)) => return Some(Error::Blocked(*address)),
            Some(Error::Timeout) => return Some(Error::Timeout),
            Some(Error::Resolve(cause)) => {
                return Some(Error::Resolve(std::io::Error::new(cause.kind(), cause.to_string())));
            }
            _ => next = cause.source(),
        }
    }
    None
}
