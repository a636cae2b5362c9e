//! What a client may send over a socket.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The largest frame of a client, in bytes.
pub const MAX_FRAME: usize = 16 * 1024;
/// How many topics one frame names at most.
pub const MAX_TOPICS: usize = 64;

/// A frame of a client. Topics stay texts: one that is unknown is answered, not fatal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Follow topics, from a number on where one is given.
    Subscribe {
        /// Comes back with the answer.
        id: u64,
        /// What to follow.
        topics: Vec<String>,
        /// The last number seen of a topic.
        #[serde(default)]
        after: BTreeMap<String, i64>,
    },
    /// Follow topics no longer.
    Unsubscribe {
        /// Comes back with the answer.
        id: u64,
        /// What to leave.
        topics: Vec<String>,
    },
    /// Ask whether the server is there.
    Ping {
        /// Comes back with the answer.
        #[serde(default)]
        id: Option<u64>,
    },
}

/// A frame that is not one of ours.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFrame {
    /// It is over [`MAX_FRAME`].
    #[error("a frame has at most {MAX_FRAME} bytes")]
    TooLarge,
    /// It names more than [`MAX_TOPICS`].
    #[error("a frame names at most {MAX_TOPICS} topics")]
    TooManyTopics,
    /// It is no such JSON.
    #[error("not a frame of this protocol")]
    Malformed(#[source] serde_json::Error),
}

impl ClientFrame {
    /// The `id` of a text that is no frame otherwise, so that its sender can be told which it was.
    pub(crate) fn id_of(text: &str) -> Option<u64> {
        serde_json::from_str::<serde_json::Value>(text).ok()?.get("id")?.as_u64()
    }

    /// Reads a text frame.
    pub fn read(text: &str) -> Result<Self, InvalidFrame> {
        if text.len() > MAX_FRAME {
            return Err(InvalidFrame::TooLarge);
        }
        let frame: Self = serde_json::from_str(text).map_err(InvalidFrame::Malformed)?;
        match &frame {
            Self::Subscribe { topics, .. } | Self::Unsubscribe { topics, .. }
                if topics.len() > MAX_TOPICS =>
            {
                Err(InvalidFrame::TooManyTopics)
            }
            _ => Ok(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_protocol_are_read_and_others_refused() {
        let frame = ClientFrame::read(
            r#"{"type":"subscribe","id":1,"topics":["graph"],"after":{"graph":7}}"#,
        );
        assert!(matches!(frame, Ok(ClientFrame::Subscribe { id: 1, .. })));
        assert!(ClientFrame::read(r#"{"type":"ping"}"#).is_ok());
        assert!(matches!(ClientFrame::read(r#"{"type":"drop"}"#), Err(InvalidFrame::Malformed(_))));
        assert!(matches!(
            ClientFrame::read(&"x".repeat(MAX_FRAME + 1)),
            Err(InvalidFrame::TooLarge)
        ));
        let many = serde_json::json!({ "type": "unsubscribe", "id": 1, "topics": vec!["graph"; MAX_TOPICS + 1] });
        assert!(matches!(ClientFrame::read(&many.to_string()), Err(InvalidFrame::TooManyTopics)));
    }
}
