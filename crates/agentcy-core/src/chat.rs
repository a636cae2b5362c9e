//! Conversations: the events of their log, and the states of what happens in them.
//!
//! The log of a conversation is one numbered list. The live stream, the history and what a model is told are three
//! readings of it. Clients ignore events that they do not know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Timestamp,
    id::{ApprovalId, MessageId, NodeId, RunId, ToolCallId},
    names::names,
    tool::Effect,
};

/// Something that happened in a conversation, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum LogEvent {
    /// Somebody said something. It stands before the [`LogEvent::MessageStart`] of its answer.
    UserMessage {
        /// The message.
        message_id: MessageId,
        /// What was said.
        content: String,
    },
    /// An answer begins.
    MessageStart {
        /// The answer.
        message_id: MessageId,
        /// The run that gives it.
        run_id: RunId,
    },
    /// More text of the answer.
    ContentDelta {
        /// The text.
        delta: String,
    },
    /// The model calls a tool.
    ToolCallStart {
        /// The call.
        tool_call_id: ToolCallId,
        /// The tool, as the model named it.
        name: String,
        /// The source that the tool works on, where it is one's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connector: Option<String>,
        /// The arguments, where they are whole by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        args: Option<Value>,
    },
    /// More of the arguments, as JSON text.
    ToolCallDelta {
        /// The call.
        tool_call_id: ToolCallId,
        /// The text.
        args_delta: String,
    },
    /// A person must decide before the call runs.
    ApprovalRequired {
        /// What there is to decide.
        approval_id: ApprovalId,
        /// The call.
        tool_call_id: ToolCallId,
        /// The tool; of a source's it is `source.tool`.
        tool: String,
        /// The arguments that the decision is bound to.
        args: Value,
        /// What the call changes.
        effect: Effect,
        /// Why a person is asked.
        reason: String,
        /// Until when the decision is waited for.
        expires_at: Timestamp,
    },
    /// It was decided, or need not be any more.
    ApprovalResolved {
        /// What was decided.
        approval_id: ApprovalId,
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
        tool_call_id: ToolCallId,
        /// What the model is told.
        result: Value,
        /// Whether it failed.
        is_error: bool,
    },
    /// Where something in the answer comes from.
    Citation {
        /// Its number in the answer, from 1 on.
        index: u32,
        /// The node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_id: Option<NodeId>,
        /// The document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document_id: Option<String>,
        /// The place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// What it is called.
        title: String,
    },
    /// The text of the answer is this now, whatever was streamed before.
    MessageReset {
        /// The answer.
        message_id: MessageId,
        /// Its text.
        content: String,
    },
    /// From here on the model is told this in place of everything up to `through`. Nothing is deleted.
    Summary {
        /// The summary, which is a message of its own.
        message_id: MessageId,
        /// The number of the last event that it stands for.
        through: i64,
        /// What the model is told.
        content: String,
    },
    /// The answer is whole: the last event of its run.
    MessageEnd {
        /// The answer.
        message_id: MessageId,
        /// Why it ended.
        finish_reason: FinishReason,
        /// What it used.
        usage: Usage,
    },
    /// The answer broke off: the last event of its run.
    Error {
        /// Why, as clients match on it.
        code: RunErrorCode,
        /// Why, for people.
        message: String,
        /// Whether the same message may be answered when sent again.
        retryable: bool,
    },
}

impl LogEvent {
    /// The name of the event.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UserMessage { .. } => "user_message",
            Self::MessageStart { .. } => "message_start",
            Self::ContentDelta { .. } => "content_delta",
            Self::ToolCallStart { .. } => "tool_call_start",
            Self::ToolCallDelta { .. } => "tool_call_delta",
            Self::ApprovalRequired { .. } => "approval_required",
            Self::ApprovalResolved { .. } => "approval_resolved",
            Self::ToolResult { .. } => "tool_result",
            Self::Citation { .. } => "citation",
            Self::MessageReset { .. } => "message_reset",
            Self::Summary { .. } => "summary",
            Self::MessageEnd { .. } => "message_end",
            Self::Error { .. } => "error",
        }
    }

    /// Whether its run is over with it.
    pub const fn is_terminal(&self) -> bool {
        is_terminal(self.name())
    }
}

/// Whether a run is over with an event of this name.
pub const fn is_terminal(name: &str) -> bool {
    matches!(name.as_bytes(), b"message_end" | b"error")
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Usage {
    /// Tokens that models read.
    pub in_tokens: i64,
    /// Tokens that models wrote.
    pub out_tokens: i64,
    /// What it cost in US dollars; 0 where the price is not known.
    pub cost_usd: f64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.in_tokens += other.in_tokens;
        self.out_tokens += other.out_tokens;
        self.cost_usd += other.cost_usd;
    }
}

names! {
    /// Why an answer ended.
    FinishReason, "reason to finish", InvalidFinishReason {
        /// The model had said all.
        EndTurn = "end_turn",
        /// It had taken all its steps.
        MaxIterations = "max_iterations",
        /// It had used all its tokens.
        MaxTokens = "max_tokens",
        /// It had cost all it may.
        MaxCost = "max_cost",
        /// It had taken all its time.
        MaxTime = "max_time",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// Nobody decided in time.
        ApprovalExpired = "approval_expired",
    }
}

names! {
    /// Why an answer broke off.
    RunErrorCode, "reason to break off", InvalidRunErrorCode {
        /// The process that gave it died too often.
        Interrupted = "interrupted",
        /// The model provider refused, or cannot be understood.
        ModelFailed = "model_failed",
        /// The model provider did not answer in time.
        ModelTimeout = "model_timeout",
        /// A tool may or may not have had its effect.
        OutcomeUnknown = "outcome_unknown",
        /// Whoever started it may not any more.
        RunAsGone = "run_as_gone",
        /// Somebody stopped it before it began.
        Cancelled = "cancelled",
        /// A fault of the server; its log says more.
        Internal = "internal",
    }
}

names! {
    /// Where a run stands.
    RunState, "state of a run", InvalidRunState {
        /// It waits for its turn.
        Pending = "pending",
        /// It goes on.
        Running = "running",
        /// It holds nothing until a person has decided.
        WaitingApproval = "waiting_approval",
        /// Its answer is whole.
        Succeeded = "succeeded",
        /// Its answer broke off.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }
}

impl RunState {
    /// Whether nothing more will happen to the run.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

names! {
    /// Where an approval stands.
    ApprovalState, "state of an approval", InvalidApprovalState {
        /// Nobody has decided.
        Pending = "pending",
        /// The call may run, once.
        Approved = "approved",
        /// The call does not run.
        Denied = "denied",
        /// Nobody decided in time.
        Expired = "expired",
        /// Its run was stopped.
        Cancelled = "cancelled",
        /// Its run made way for another message.
        Superseded = "superseded",
    }
}

names! {
    /// What is known of the effect of a call.
    EffectState, "state of an effect", InvalidEffectState {
        /// It did not begin.
        None = "none",
        /// It has begun; what comes of it is not known yet.
        Claimed = "claimed",
        /// It happened.
        Done = "done",
        /// It failed.
        Failed = "failed",
        /// It may have happened: its process died meanwhile. It is not repeated.
        Unknown = "unknown",
    }
}

names! {
    /// Where a tool call stands.
    CallState, "state of a tool call", InvalidCallState {
        /// The model asks for it.
        Requested = "requested",
        /// A person decides.
        Waiting = "waiting",
        /// Its effect has begun.
        Claimed = "claimed",
        /// It gave a result.
        Done = "done",
        /// It failed.
        Failed = "failed",
        /// It may not run: rights, policy, arguments, or a person's no.
        Refused = "refused",
        /// Its process died while it ran.
        Unknown = "unknown",
        /// Its run was stopped before it ran.
        Cancelled = "cancelled",
    }
}

impl CallState {
    /// What is known of its effect.
    pub const fn effect(self) -> EffectState {
        match self {
            Self::Requested | Self::Waiting | Self::Refused | Self::Cancelled => EffectState::None,
            Self::Claimed => EffectState::Claimed,
            Self::Done => EffectState::Done,
            Self::Failed => EffectState::Failed,
            Self::Unknown => EffectState::Unknown,
        }
    }

    /// Whether the model has its result.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Requested | Self::Waiting | Self::Claimed)
    }
}

names! {
    /// Whose words a message holds.
    MessageRole, "role of a message", InvalidMessageRole {
        /// A person's, or a program's in their place.
        User = "user",
        /// The model's.
        Assistant = "assistant",
        /// What the model is told in place of all that was said before.
        Summary = "summary",
    }
}

names! {
    /// Where a message stands.
    MessageState, "state of a message", InvalidMessageState {
        /// It waits for the answer before it to end.
        Queued = "queued",
        /// It is being written.
        Streaming = "streaming",
        /// It is whole.
        Complete = "complete",
        /// It broke off.
        Failed = "failed",
        /// It was stopped.
        Cancelled = "cancelled",
    }
}

names! {
    /// What happens to a message while an answer is being given.
    OnBusy, "way to deal with a busy conversation", InvalidOnBusy {
        /// It is refused.
        Refuse = "refuse",
        /// It waits for the answer to end.
        Queue = "queue",
        /// The answer is stopped.
        Interrupt = "interrupt",
    }
}

/// A piece of a message, in the order in which it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text {
        /// Which turn of the model wrote it, from 0 on.
        #[serde(default)]
        step: u32,
        /// The text.
        text: String,
    },
    /// A tool call; the call itself has arguments and result.
    ToolCall {
        /// Which turn of the model asked for it.
        step: u32,
        /// The call.
        tool_call_id: ToolCallId,
    },
    /// Where something comes from.
    Citation {
        /// Its number in the answer, from 1 on.
        index: u32,
        /// The node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_id: Option<NodeId>,
        /// The document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document_id: Option<String>,
        /// The place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// What it is called.
        title: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_with_its_name_beside_its_data() {
        let event = LogEvent::ContentDelta { delta: "ok".into() };
        let written = serde_json::to_value(&event).unwrap();
        assert_eq!(
            written,
            serde_json::json!({ "event": "content_delta", "data": { "delta": "ok" } })
        );
        assert_eq!(written["event"], event.name());
        assert_eq!(serde_json::from_value::<LogEvent>(written).unwrap(), event);
    }

    #[test]
    fn only_the_two_last_events_end_a_run() {
        assert!(is_terminal("message_end") && is_terminal("error"));
        assert!(!is_terminal("message_start") && !is_terminal("approval_required"));
    }

    #[test]
    fn a_name_reads_back() {
        for state in RunState::ALL {
            assert_eq!(state.name().parse(), Ok(*state));
        }
        assert_eq!("gone".parse::<RunState>(), Err(InvalidRunState));
    }
}
