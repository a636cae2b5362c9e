//! The events of a conversation. One that this version does not know is kept as it came.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ApprovalState;
use crate::{Effect, sse::Frame};

/// An event and its number in the log of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// Rises by every event; reading goes on after it.
    pub id: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: ChatEvent,
}

/// Something that happened in a conversation.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatEvent {
    /// Somebody said something.
    UserMessage {
        /// The message.
        message_id: String,
        /// What was said.
        content: String,
    },
    /// An answer begins.
    MessageStart {
        /// The answer.
        message_id: String,
        /// The run that gives it.
        run_id: String,
    },
    /// More text of the answer.
    ContentDelta {
        /// The text.
        delta: String,
    },
    /// The model calls a tool.
    ToolCallStart {
        /// The call.
        tool_call_id: String,
        /// The tool, as the model named it.
        name: String,
        /// The source that it works on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connector: Option<String>,
        /// The arguments, where they are whole by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        args: Option<Value>,
    },
    /// More of the arguments, as JSON text.
    ToolCallDelta {
        /// The call.
        tool_call_id: String,
        /// The text.
        args_delta: String,
    },
    /// A person must decide before the call runs.
    ApprovalRequired {
        /// What there is to decide.
        approval_id: String,
        /// The call.
        tool_call_id: String,
        /// The tool; of a source's it is `source.tool`.
        tool: String,
        /// The arguments that the decision is bound to.
        args: Value,
        /// What the call changes.
        effect: Effect,
        /// Why a person is asked.
        reason: String,
        /// Until when the decision is waited for.
        expires_at: DateTime<Utc>,
    },
    /// It was decided, or need not be any more.
    ApprovalResolved {
        /// What was decided.
        approval_id: String,
        /// How.
        state: ApprovalState,
        /// Who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_by: Option<String>,
        /// Their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A call has ended.
    ToolResult {
        /// The call.
        tool_call_id: String,
        /// What the model is told.
        result: Value,
        /// Whether it failed.
        #[serde(default)]
        is_error: bool,
    },
    /// Where something in the answer comes from.
    Citation {
        /// Its number in the answer, from 1 on.
        index: u32,
        /// The node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_id: Option<String>,
        /// The document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document_id: Option<String>,
        /// The place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// What it is called.
        title: String,
    },
    /// The text of the answer is this now, whatever came before.
    MessageReset {
        /// The answer.
        message_id: String,
        /// Its text.
        content: String,
    },
    /// From here on the model is told this in place of everything up to `through`.
    Summary {
        /// The summary, which is a message of its own.
        message_id: String,
        /// The number of the last event that it stands for.
        through: i64,
        /// What the model is told.
        content: String,
    },
    /// The answer is whole: the last event of its run.
    MessageEnd {
        /// The answer.
        message_id: String,
        /// Why it ended: `end_turn`, `max_iterations`, `max_tokens`, `max_cost`, `max_time`, `cancelled` or
        /// `approval_expired`.
        finish_reason: String,
        /// What it used.
        #[serde(default)]
        usage: RunUsage,
    },
    /// The answer broke off: the last event of its run.
    Error {
        /// Why, such as `interrupted` or `model_failed`.
        code: String,
        /// Why, for people.
        message: String,
        /// Whether the same message may be answered when sent again.
        #[serde(default)]
        retryable: bool,
    },
    /// One that this version does not know.
    #[serde(untagged)]
    Other(UnknownEvent),
}

/// An event of a newer server.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// Its name.
    pub event: String,
    /// What it says.
    #[serde(default)]
    pub data: Value,
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunUsage {
    /// Tokens that models read.
    pub in_tokens: i64,
    /// Tokens that models wrote.
    pub out_tokens: i64,
    /// What it cost in US dollars, as far as prices are known.
    pub cost_usd: f64,
}

impl ChatEvent {
    /// Whether its run is over with it.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::MessageEnd { .. } | Self::Error { .. })
    }
}

impl LogEntry {
    /// What a frame says; nothing when it has no number or is no JSON.
    pub(crate) fn read(frame: &Frame) -> Option<Self> {
        let id = frame.id.as_deref()?.parse().ok()?;
        let data: Value = serde_json::from_str(&frame.data).ok()?;
        let whole = json!({ "event": frame.name, "data": data });
        Some(Self { id, event: serde_json::from_value(whole).ok()? })
    }
}
