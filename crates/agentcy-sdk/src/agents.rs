//! Agents: who answers, by what instructions, with which tools and within which limits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApprovalDefaults, Client, Error, Events, List, RunUsage, chat::Start};

/// An agent.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What the model is told first.
    #[serde(default)]
    pub instructions: String,
    /// The model; none is the org's.
    pub model: Option<String>,
    /// The tools it may use; none listed is all.
    #[serde(default)]
    pub tools: Vec<String>,
    /// The realm that it is limited to.
    pub realm: Option<String>,
    /// What a run may use.
    #[serde(default)]
    pub limits: RunLimits,
    /// What its tools may do without asking; none is as the org has it.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// Calls that were agreed to before they are made.
    #[serde(default)]
    pub standing_approvals: Vec<StandingApproval>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// What a run may use; what is none is the server's default.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RunLimits {
    /// Turns of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Tokens read and written together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Seconds of work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secs: Option<u32>,
}

/// Calls that an admin has agreed to before they are made.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct StandingApproval {
    /// The source, by id or name; `graph` for the tools of the graph.
    pub connector: String,
    /// The tool.
    pub tool: String,
    /// What the arguments must fit, as a JSON Schema.
    pub args_schema: Value,
    /// How many calls a day (UTC).
    pub max_per_day: u32,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// An agent to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewAgent {
    /// What people call it; unique in the org.
    pub name: String,
    /// What the model is told first.
    pub instructions: String,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The tools it may use; none listed is all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// The realm that it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// What a run may use.
    pub limits: RunLimits,
    /// What its tools may do without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_defaults: Option<ApprovalDefaults>,
    /// Calls that are agreed to before they are made. Admins only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standing_approvals: Vec<StandingApproval>,
}

/// What to change of an agent; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AgentUpdate {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the model is told first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// The model; `Some(None)` is the org's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Option<String>>,
    /// The tools it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// The realm that it is limited to; `Some(None)` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<Option<String>>,
    /// What a run may use, replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<RunLimits>,
    /// What its tools may do without asking; `Some(None)` is as the org has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_defaults: Option<Option<ApprovalDefaults>>,
    /// Calls that are agreed to before they are made, replaced whole. Admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing_approvals: Option<Vec<StandingApproval>>,
}

/// An answer being given, or given.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The agent that gives it.
    pub agent_id: Option<String>,
    /// Where it is given.
    pub conversation_id: String,
    /// The answer, as a message.
    pub message_id: Option<String>,
    /// `pending`, `running`, `waiting_approval`, `succeeded`, `failed` or `cancelled`.
    pub state: String,
    /// The answer.
    pub output: Option<String>,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// Why it broke off.
    pub error: Option<RunError>,
    /// What it used.
    #[serde(default)]
    pub usage: RunUsage,
    /// When it was asked for.
    pub created_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Why a run broke off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RunError {
    /// As clients match on it.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
}

#[derive(Serialize)]
struct Input<'a> {
    input: &'a str,
}

impl Client {
    /// The agents of the org, the newest first.
    pub fn agents(&self) -> List<Agent> {
        List::new(self, &["agents"])
    }

    /// One agent.
    pub async fn agent(&self, agent_id: &str) -> Result<Agent, Error> {
        self.get(&["agents", agent_id]).read().await
    }

    /// Makes an agent.
    pub async fn create_agent(&self, new: &NewAgent) -> Result<Agent, Error> {
        self.create(&["agents"]).json(new).read().await
    }

    /// Changes an agent.
    pub async fn update_agent(&self, agent_id: &str, change: &AgentUpdate) -> Result<Agent, Error> {
        self.patch(&["agents", agent_id]).json(change).read().await
    }

    /// Removes an agent.
    pub async fn remove_agent(&self, agent_id: &str) -> Result<(), Error> {
        self.delete(&["agents", agent_id]).done().await
    }

    /// Lets an agent answer in a conversation of its own, in the background.
    pub async fn start_agent(&self, agent_id: &str, input: &str) -> Result<Run, Error> {
        self.create(&["agents", agent_id, "execute"]).json(&Input { input }).read().await
    }

    /// The same, event by event.
    pub async fn run_agent(&self, agent_id: &str, input: &str) -> Result<Events, Error> {
        let start = Start::posting(&["agents", agent_id, "execute"], &Input { input })?;
        Events::begin(self, start).await
    }

    /// The runs of an agent, the newest first.
    pub fn runs(&self, agent_id: &str) -> List<Run> {
        List::new(self, &["agents", agent_id, "runs"])
    }

    /// One run of an agent.
    pub async fn run(&self, agent_id: &str, run_id: &str) -> Result<Run, Error> {
        self.get(&["agents", agent_id, "runs", run_id]).read().await
    }

    /// Stops a run.
    pub async fn cancel_run(&self, agent_id: &str, run_id: &str) -> Result<Run, Error> {
        self.create(&["agents", agent_id, "runs", run_id, "cancel"]).read().await
    }
}
