//! Topics: what a client may subscribe to.

use std::{fmt, str::FromStr};

use agentcy_core::{
    Realm,
    id::{ConversationId, RunId},
};
use agentcy_platform::live::Channel;

/// Something whose events a client can follow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A channel of the org; of the graph's, all or one realm.
    Channel(Channel, Option<Realm>),
    /// One run.
    Run(RunId),
    /// One conversation.
    Conversation(ConversationId),
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
            None => {
                let mut channels = Channel::ALL.into_iter();
                let found = channels.find(|channel| channel.topic() == text);
                found.map(|channel| Self::Channel(channel, None)).ok_or(InvalidTopic)
            }
            Some(("graph", realm)) => match realm.parse() {
                Ok(realm) => Ok(Self::Channel(Channel::Graph, Some(realm))),
                Err(_) => Err(InvalidTopic),
            },
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
            Self::Channel(channel, None) => f.write_str(channel.topic()),
            Self::Channel(channel, Some(realm)) => write!(f, "{}:{realm}", channel.topic()),
            Self::Run(id) => write!(f, "run:{id}"),
            Self::Conversation(id) => write!(f, "conversation:{id}"),
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
        let upper = run.to_uppercase().replace("RUN:RUN_", "run:run_");
        assert!(upper == run || upper.parse::<Topic>().is_err(), "{upper}");
        for bad in ["", "Graph", "graph:", "graph:A", "run:", "run:x", "tasks:1", "other"] {
            assert_eq!(bad.parse::<Topic>(), Err(InvalidTopic), "{bad}");
        }
    }
}
