//! What can go wrong between an application and the server.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A call that brought nothing. No text of it holds a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server understood and said no.
    #[error("{message} ({code}, request {request_id})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What went wrong, from the closed list of the API.
        code: String,
        /// The same for people.
        message: String,
        /// More, depending on the code: `fields[]` names each bad field by its path.
        details: Box<Map<String, Value>>,
        /// Finds the request in the log of the server.
        request_id: String,
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody answers there, or the connection broke.
    #[error("the server at {server} cannot be reached")]
    Unreachable {
        /// Where it was looked for.
        server: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// The answer did not come in time; the call may or may not have had its effect.
    #[error("the server at {server} did not answer within {limit:?}")]
    Timeout {
        /// Where it is.
        server: String,
        /// How long was waited.
        limit: Duration,
    },
    /// What answered does not speak this API: another program, a proxy, or a server too different in age.
    #[error("status {status} with an answer that is not of this API (request {request_id})")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// Finds the request in the log of the server.
        request_id: String,
        /// What cannot be read.
        #[source]
        source: Source,
    },
    /// The server lives elsewhere. Redirects are not followed, since they would take the token along.
    #[error("the server redirects to {to}; give that address if you trust it")]
    Redirected {
        /// Where to.
        to: String,
    },
    /// The call cannot be made like this.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// The code of a refusal, such as `not_found`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Why the server said no, line by line: each bad field by its path, and the words of the other side.
    pub fn reasons(&self) -> Vec<String> {
        let Self::Refused { message, details, .. } = self else { return Vec::new() };
        let fields = details.get("fields").and_then(Value::as_array);
        let fields = fields.into_iter().flatten().filter_map(|field| {
            Some(format!("{}: {}", field.get("path")?.as_str()?, field.get("message")?.as_str()?))
        });
        let upstream = details.get("upstream").map(|words| match words {
            Value::String(words) => words.clone(),
            words => words.to_string(),
        });
        fields.chain(upstream).filter(|reason| reason != message).collect()
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// Nothing came in time.
    pub(crate) fn late(server: &Url, limit: Duration) -> Self {
        Self::Timeout { server: server.origin().ascii_serialization(), limit }
    }

    /// A stream that ended before its end.
    pub(crate) fn cut(server: &Url) -> Self {
        let server = server.origin().ascii_serialization();
        Self::Unreachable { server, source: "the stream was cut".into() }
    }

    /// Judges a failure of the connection. The URL is left out: its query is the caller's.
    pub(crate) fn of_transport(error: reqwest::Error, server: &Url, limit: Duration) -> Self {
        let server = server.origin().ascii_serialization();
        match error.without_url() {
            error if error.is_timeout() => Self::Timeout { server, limit },
            error if error.is_builder() => Self::invalid(error.to_string()),
            error => Self::Unreachable { server, source: error.into() },
        }
    }
}

/// The envelope of every refusal.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) error: Body,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) details: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}
