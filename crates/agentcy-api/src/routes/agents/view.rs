//! Agents and their runs as they go over the wire.

use agentcy_agent::runs::Run;
use agentcy_core::{
    Realm, Timestamp,
    agent::{RunLimits, StandingApproval},
    chat::{FinishReason, RunState, Usage},
    id::{AgentId, ConversationId, MessageId, RunId},
    tool::ApprovalDefaults,
};
use agentcy_platform::agents::Agent;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{routes::chat::view::FailureView, samples};

/// Who answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(super) struct AgentView {
    id: AgentId,
    name: String,
    /// What the model is told first.
    instructions: String,
    /// The model that it asks; null is the org's.
    model: Option<String>,
    /// The tools that it may use; none listed means every tool.
    tools: Vec<String>,
    /// The one realm that it sees; null is every realm of whoever starts it.
    realm: Option<Realm>,
    /// What a run may use; what is absent is the default: 25 turns, 500,000 tokens, 5 dollars, 600 seconds.
    limits: RunLimits,
    /// What its tools may do without asking; null is as the org has it.
    approval_defaults: Option<ApprovalDefaults>,
    /// Calls that an admin has agreed to before they are made.
    standing_approvals: Vec<StandingApproval>,
    /// The user or API key that defined it.
    created_by: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Agent> for AgentView {
    fn from(agent: Agent) -> Self {
        Self {
            id: agent.id,
            name: agent.name,
            instructions: agent.instructions,
            model: agent.model,
            tools: agent.tools,
            realm: agent.realm,
            limits: agent.limits,
            approval_defaults: agent.approval_defaults,
            standing_approvals: agent.standing_approvals,
            created_by: agent.created_by,
            created_at: agent.created_at,
            updated_at: agent.updated_at,
        }
    }
}

/// An answer being given, or given.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(super) struct RunView {
    id: RunId,
    agent_id: Option<AgentId>,
    conversation_id: ConversationId,
    /// The answer, as a message of the conversation.
    message_id: MessageId,
    /// The user or API key that started it, in whose name it works.
    started_by: String,
    state: RunState,
    /// How often the process that gave it was lost.
    attempt: i32,
    model: Option<String>,
    /// The answer, once it is whole.
    output: Option<String>,
    finish_reason: Option<FinishReason>,
    /// Why it broke off.
    error: Option<FailureView>,
    usage: Usage,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            agent_id: run.agent_id,
            conversation_id: run.conversation_id,
            message_id: run.message_id,
            started_by: run.starter,
            state: run.state,
            attempt: run.attempt,
            model: run.model,
            output: run.output,
            finish_reason: run.finish_reason,
            error: run.error.map(FailureView::from),
            usage: run.usage,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl AgentView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            name: "reviewer".to_owned(),
            instructions: "You look at what changed, and say what it touches.".to_owned(),
            model: None,
            tools: vec!["search_graph".to_owned(), "expand_node".to_owned()],
            realm: Some(samples::realm()),
            limits: RunLimits { steps: Some(10), ..RunLimits::default() },
            approval_defaults: None,
            standing_approvals: vec![StandingApproval {
                connector: "graph".to_owned(),
                tool: "upsert_node".to_owned(),
                args_schema: json!({ "type": "object", "properties": { "labels": { "const": ["Review"] } } }),
                max_per_day: 20,
                expires_at: samples::time(),
            }],
            created_by: samples::id::<agentcy_core::id::UserId>().to_string(),
            created_at: samples::time(),
            updated_at: samples::time(),
        }
    }
}

impl RunView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            agent_id: Some(samples::id()),
            conversation_id: samples::id(),
            message_id: samples::id(),
            started_by: samples::id::<agentcy_core::id::UserId>().to_string(),
            state: RunState::Succeeded,
            attempt: 0,
            model: Some("builtin".to_owned()),
            output: Some("Two files changed.".to_owned()),
            finish_reason: Some(FinishReason::EndTurn),
            error: None,
            usage: Usage { in_tokens: 812, out_tokens: 9, cost_usd: 0.0 },
            created_at: samples::time(),
            started_at: Some(samples::time()),
            finished_at: Some(samples::time()),
        }
    }
}
