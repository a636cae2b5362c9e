//! Conversations, messages, calls and approvals as they go over the wire.

use agentcy_agent::{approvals::Approval, runs::Failure};
use agentcy_core::{
    Realm, Timestamp,
    chat::{
        ApprovalState, CallState, EffectState, FinishReason, MessageRole, MessageState, Part,
        RunErrorCode, Usage,
    },
    id::{AgentId, ApprovalId, ConversationId, MessageId, RunId, ToolCallId},
    tool::Effect,
};
use agentcy_platform::conversations::{Call, Conversation, PassedBy, Said};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::samples;

/// A conversation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Conversation")]
pub(crate) struct ConversationView {
    id: ConversationId,
    /// What it is about; may be empty.
    title: String,
    /// The agent that answers; null is the plain assistant.
    agent_id: Option<AgentId>,
    /// The one realm that its answers draw on; null is every realm of whoever asks.
    realm: Option<Realm>,
    /// Whether it was put away.
    archived: bool,
    /// The user or API key that it belongs to; null is the org's, as those of task runs are.
    owner: Option<String>,
    /// The run that answers now, or waits for a decision.
    active_run_id: Option<RunId>,
    /// The number of the last event that is stored, for `?after=` of its stream.
    last_event_id: i64,
    created_at: Timestamp,
    /// When something last happened in it.
    updated_at: Timestamp,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            title: conversation.title,
            agent_id: conversation.agent_id,
            realm: conversation.realm,
            archived: conversation.archived,
            owner: conversation.owner,
            active_run_id: conversation.active_run,
            last_event_id: conversation.last_seq,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }
}

/// Something that was said, whole or so far.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub(crate) struct MessageView {
    id: MessageId,
    role: MessageRole,
    state: MessageState,
    /// The run that it started, or that gave it.
    run_id: RunId,
    /// The number of its first event; null while it is queued.
    event_id: Option<i64>,
    /// Of a summary: the number of the last event that it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<i64>,
    /// Its text.
    content: String,
    /// Text, tool calls and citations in their order.
    parts: Vec<Part>,
    /// The calls that `parts` names.
    tool_calls: Vec<ToolCallView>,
    model: Option<String>,
    usage: Option<Usage>,
    finish_reason: Option<FinishReason>,
    /// Why it broke off.
    error: Option<FailureView>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl From<Said> for MessageView {
    fn from(said: Said) -> Self {
        let Said { message, calls } = said;
        let texts = message.parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(text.as_str()),
            Part::ToolCall { .. } | Part::Citation { .. } => None,
        });
        Self {
            id: message.id,
            role: message.role,
            state: message.state,
            run_id: message.run_id,
            event_id: message.seq,
            through: message.through,
            content: texts.collect(),
            parts: message.parts,
            tool_calls: calls.into_iter().map(ToolCallView::from).collect(),
            model: message.model,
            usage: message.usage,
            finish_reason: message.finish_reason,
            error: message.error.map(FailureView::from),
            created_at: message.created_at,
            finished_at: message.finished_at,
        }
    }
}

/// Why an answer broke off.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RunError")]
pub(crate) struct FailureView {
    code: RunErrorCode,
    message: String,
    /// Whether the same message may be answered when sent again.
    retryable: bool,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, retryable } = failure;
        Self { code, message, retryable }
    }
}

/// Something that a model asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ToolCall")]
pub(crate) struct ToolCallView {
    id: ToolCallId,
    conversation_id: ConversationId,
    run_id: RunId,
    message_id: MessageId,
    /// Which turn of the model asked for it, from 0 on.
    step: i32,
    /// The tool, as the model named it.
    name: String,
    /// The source that it works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<String>,
    /// The tool of that source.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    args: Value,
    /// What it changes; null until that is known.
    effect: Option<Effect>,
    state: CallState,
    /// Why it was let pass: `default`, `approval`, `remembered` or `standing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_by: Option<&'static str>,
    /// What the model is told.
    result: Option<Value>,
    /// What a person was asked about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalView>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl From<Call> for ToolCallView {
    fn from(call: Call) -> Self {
        let Call { call, approval } = call;
        Self {
            id: call.id,
            conversation_id: call.conversation_id,
            run_id: call.run_id,
            message_id: call.message_id,
            step: call.step,
            name: call.name,
            connector: call.connector,
            tool: call.tool,
            args: call.args,
            effect: call.effect,
            state: call.state,
            passed_by: call.passed_by.map(PassedBy::name),
            result: call.result,
            approval: approval.map(ApprovalView::from),
            created_at: call.created_at,
            started_at: call.started_at,
            finished_at: call.finished_at,
        }
    }
}

/// A tool call that a person decides.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
pub(crate) struct ApprovalView {
    id: ApprovalId,
    conversation_id: ConversationId,
    run_id: RunId,
    tool_call_id: ToolCallId,
    /// The tool; of a source's it is `source.tool`.
    tool: String,
    /// The arguments that the decision is bound to.
    args: Value,
    effect: Effect,
    /// Why a person is asked.
    reason: String,
    state: ApprovalState,
    /// What is known of the effect; `unknown` when the process died meanwhile, and then it is not repeated.
    effect_state: EffectState,
    /// Until when the decision is waited for.
    expires_at: Timestamp,
    /// The user or API key that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Until when the same call in this conversation needs no other decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    remember_until: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Approval> for ApprovalView {
    fn from(approval: Approval) -> Self {
        Self {
            id: approval.id,
            conversation_id: approval.conversation_id,
            run_id: approval.run_id,
            tool_call_id: approval.tool_call_id,
            tool: approval.tool,
            args: approval.args,
            effect: approval.effect,
            reason: approval.reason,
            state: approval.state,
            effect_state: approval.call_state.effect(),
            expires_at: approval.expires_at,
            decided_by: approval.decided_by,
            decided_at: approval.decided_at,
            note: approval.note,
            remember_until: approval.remember_until,
            created_at: approval.created_at,
        }
    }
}

impl ConversationView {
    pub(crate) fn sample() -> Self {
        Self {
            id: samples::id(),
            title: "Who owns the payment service?".to_owned(),
            agent_id: None,
            realm: Some(samples::realm()),
            archived: false,
            owner: Some(samples::id::<agentcy_core::id::UserId>().to_string()),
            active_run_id: None,
            last_event_id: 42,
            created_at: samples::time(),
            updated_at: samples::time(),
        }
    }
}

impl MessageView {
    pub(crate) fn sample() -> Self {
        let text = "Ada owns it.";
        Self {
            id: samples::id(),
            role: MessageRole::Assistant,
            state: MessageState::Complete,
            run_id: samples::id(),
            event_id: Some(12),
            through: None,
            content: text.to_owned(),
            parts: vec![
                Part::ToolCall { step: 0, tool_call_id: samples::id() },
                Part::Text { step: 1, text: text.to_owned() },
            ],
            tool_calls: vec![ToolCallView::sample()],
            model: Some("builtin".to_owned()),
            usage: Some(Usage { in_tokens: 812, out_tokens: 9, cost_usd: 0.0 }),
            finish_reason: Some(FinishReason::EndTurn),
            error: None,
            created_at: samples::time(),
            finished_at: Some(samples::time()),
        }
    }
}

impl ToolCallView {
    pub(crate) fn sample() -> Self {
        Self {
            id: samples::id(),
            conversation_id: samples::id(),
            run_id: samples::id(),
            message_id: samples::id(),
            step: 0,
            name: "search_graph".to_owned(),
            connector: None,
            tool: None,
            args: json!({ "query": "payment" }),
            effect: Some(Effect::Read),
            state: CallState::Done,
            passed_by: Some("default"),
            result: Some(json!({ "nodes": [], "total": 0, "truncated": false })),
            approval: None,
            created_at: samples::time(),
            started_at: Some(samples::time()),
            finished_at: Some(samples::time()),
        }
    }
}

impl ApprovalView {
    pub(crate) fn sample() -> Self {
        Self {
            id: samples::id(),
            conversation_id: samples::id(),
            run_id: samples::id(),
            tool_call_id: samples::id(),
            tool: "upsert_node".to_owned(),
            args: json!({ "key": "team:payments", "labels": ["Team"], "properties": { "name": "Payments" } }),
            effect: Effect::Write,
            reason: "it changes the graph".to_owned(),
            state: ApprovalState::Pending,
            effect_state: EffectState::None,
            expires_at: samples::time(),
            decided_by: None,
            decided_at: None,
            note: None,
            remember_until: None,
            created_at: samples::time(),
        }
    }
}
