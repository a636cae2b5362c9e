//! Topics: what a client may subscribe to.

use std::{fmt, str::FromStr};

use agentcy_core::{
    Realm,
    id::{ConversationId, RunId},
};

/// Something whose events a client can follow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Changes of the graph, in one realm or in all that the caller sees.
    Graph(Option<Realm>),
    /// Task runs.
    Tasks,
    /// One run.
    Run(RunId),
    /// One conversation.
    Conversation(ConversationId),
    /// Syncs.
    Sources,
    /// What waits for a decision.
    Approvals,
}

/// A text that names no topic.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a topic: graph, graph:<realm>, tasks, run:<id>, conversation:<id>, sources or approvals"
)]
pub struct InvalidTopic;

impl FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        match text.split_once(':') {
            None => match text {
                "graph" => Ok(Self::Graph(None)),
                "tasks" => Ok(Self::Tasks),
                "sources" => Ok(Self::Sources),
                "approvals" => Ok(Self::Approvals),
                _ => Err(InvalidTopic),
            },
            Some(("graph", realm)) => {
                realm.parse().map(|it| Self::Graph(Some(it))).map_err(|_| InvalidTopic)
            }
            Some(("run", id)) => id.parse().map(Self::Run).map_err(|_| InvalidTopic),
            Some(("conversation", id)) => {
                id.parse().map(Self::Conversation).map_err(|_| InvalidTopic)
            }
            Some(_) => Err(InvalidTopic),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Graph(None) => f.write_str("graph"),
            Self::Graph(Some(realm)) => write!(f, "graph:{realm}"),
            Self::Tasks => f.write_str("tasks"),
            Self::Run(id) => write!(f, "run:{id}"),
            Self::Conversation(id) => write!(f, "conversation:{id}"),
            Self::Sources => f.write_str("sources"),
            Self::Approvals => f.write_str("approvals"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_reads_back_as_it_was_written() {
        let run = format!("run:{}", RunId::from(uuid::Uuid::from_u128(3)));
        for text in ["graph", "graph:crm", "tasks", "sources", "approvals", &run] {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        for bad in ["", "Graph", "graph:", "graph:A", "run:", "run:x", "tasks:1", "other"] {
            assert_eq!(bad.parse::<Topic>(), Err(InvalidTopic), "{bad}");
        }
    }
}
