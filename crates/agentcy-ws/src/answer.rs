//! What a socket is answered, in the words of the wire.

use std::collections::BTreeMap;

use agentcy_core::{Chain, ErrorCode};
use agentcy_platform::Error;
use axum::extract::ws::Message;
use serde::Serialize;

/// A frame of the server that answers, or says how a subscription stands.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// These are followed now, from after these numbers on.
    Subscribed { id: u64, topics: Vec<String>, seq: BTreeMap<String, i64> },
    /// These are followed no longer.
    Unsubscribed { id: u64, topics: Vec<String> },
    /// What was asked for is not kept any more; events go on after this number.
    Reset { topic: String, seq: i64 },
    /// The server is there.
    Pong { id: Option<u64> },
    /// Something was not done, or ended.
    Error { id: Option<u64>, topic: Option<String>, code: ErrorCode, message: String },
}

impl Answer {
    /// A refusal.
    pub(crate) fn refused(
        id: Option<u64>,
        topic: Option<String>,
        code: ErrorCode,
        message: impl Into<String>,
    ) -> Self {
        Self::Error { id, topic, code, message: message.into() }
    }

    /// There is no such topic for the caller: unknown and foreign ones get the same answer.
    pub(crate) fn no_topic(id: Option<u64>, topic: String) -> Self {
        Self::refused(id, Some(topic), ErrorCode::NotFound, "there is no such topic")
    }

    /// What an operation did not do.
    pub(crate) fn failed(id: Option<u64>, topic: String, error: &Error) -> Self {
        match error {
            Error::Refused { code: ErrorCode::NotFound, .. } => Self::no_topic(id, topic),
            Error::Refused { code, message, .. } => {
                Self::refused(id, Some(topic), *code, message.as_ref())
            }
            _ => {
                tracing::warn!(error = %Chain(error), "a topic could not be followed");
                let message = "it cannot be followed now; try again";
                Self::refused(id, Some(topic), ErrorCode::StoreUnavailable, message)
            }
        }
    }

    /// As a message.
    pub(crate) fn message(&self) -> Message {
        // What these are made of is always written.
        Message::Text(serde_json::to_string(self).unwrap_or_default().into())
    }
}
