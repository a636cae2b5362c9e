//! Ids: a prefix that says what is meant, and a UUID version 7 that sorts by time (RFC 9562).

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// A text that is not an id of the expected kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an id of the form {prefix}_<uuid>")]
pub struct InvalidId {
    /// The prefix that was expected, without the underscore.
    pub prefix: &'static str,
}

/// What every id type has: its prefix, and the UUID behind it.
pub trait Id: Copy + fmt::Display + From<Uuid> + FromStr<Err = InvalidId> {
    /// The prefix without the underscore, such as `usr`.
    const PREFIX: &'static str;
    /// The UUID as the stores keep it.
    fn uuid(self) -> Uuid;
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    // Only the canonical form: 36 characters, lower case. One thing has one name.
    match rest {
        Some(uuid) if uuid.len() == 36 && !uuid.bytes().any(|b| b.is_ascii_uppercase()) => {
            Uuid::try_parse(uuid).map_err(|_| InvalidId { prefix })
        }
        _ => Err(InvalidId { prefix }),
    }
}

// A macro, since twenty newtypes with the same seven impls would only differ in their prefix.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
                    "examples": [concat!($prefix, "_01976b4e-7c00-7000-8000-000000000000")],
                })
            }
        }
    )*};
}

ids! {
    /// An organisation: the tenant.
    OrgId = "org";
    /// A person.
    UserId = "usr";
    /// A signed-in session of a person.
    SessionId = "ses";
    /// An API key.
    KeyId = "key";
    /// An invitation into an org.
    InviteId = "inv";
    /// A configured connector.
    SourceId = "src";
    /// A job of the job table.
    JobId = "job";
    /// A conversation.
    ConversationId = "conv";
    /// A message of a conversation.
    MessageId = "msg";
    /// A run of an agent.
    RunId = "run";
    /// A tool call of a run.
    ToolCallId = "tc";
    /// A decision that a person must take.
    ApprovalId = "apr";
    /// An agent.
    AgentId = "agt";
    /// A task.
    TaskId = "task";
    /// A run of a task.
    TaskRunId = "trun";
    /// A trigger of a task.
    TriggerId = "trg";
    /// A webhook delivery.
    DeliveryId = "dlv";
    /// A worker.
    WorkerId = "wrk";
    /// One change of the ledger: a sync, or an edit.
    BatchId = "fct";
    /// A node of the graph.
    NodeId = "n";
    /// An edge of the graph.
    EdgeId = "e";
    /// An audit row.
    AuditId = "aud";
    /// An event of the outbox.
    EventId = "evt";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = UserId::from(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_or_form_is_refused() {
        let org = OrgId::from(Uuid::from_u128(7)).to_string();
        assert!(org.parse::<UserId>().is_err());
        assert!(org.to_uppercase().parse::<OrgId>().is_err());
        assert!(org.replace('-', "").parse::<OrgId>().is_err());
        assert!("usr_".parse::<UserId>().is_err());
    }
}
