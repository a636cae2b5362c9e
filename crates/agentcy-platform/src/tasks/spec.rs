//! Tasks as somebody defines and changes them.

use agentcy_core::{
    Realm,
    agent::StandingApproval,
    id::AgentId,
    task::{EventFilter, LifecycleEvent, Missed, Overlap, TaskLimits, TriggerKind},
    tool::ApprovalDefaults,
};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Task;
use crate::Change;

/// What sets a task off, as somebody defines it. What is said must be of its kind.
#[derive(Debug, Clone)]
pub struct TriggerSpec {
    /// What it is.
    pub kind: TriggerKind,
    /// The ticks of a schedule: minute, hour, day, month, weekday.
    pub cron: Option<String>,
    /// The time zone that these are meant in; UTC unless said.
    pub timezone: Option<String>,
    /// What happens while a run of the task goes on; skip unless said.
    pub overlap: Option<Overlap>,
    /// What happens to ticks that nobody was there for; the last one runs unless said.
    pub missed: Option<Missed>,
    /// What may happen to set a lifecycle task off.
    pub events: Vec<LifecycleEvent>,
    /// Which of these.
    pub filter: EventFilter,
    /// How long a webhook without an id is known by its body, in seconds; 300 unless said.
    pub dedupe_secs: Option<i32>,
    /// Whether a webhook must be signed with its time.
    pub require_timestamp: Option<bool>,
    /// The header that holds the id of a webhook.
    pub header_id: Option<String>,
}

impl TriggerSpec {
    /// One of this kind of which nothing else is said.
    pub fn new(kind: TriggerKind) -> Self {
        Self {
            kind,
            cron: None,
            timezone: None,
            overlap: None,
            missed: None,
            events: Vec::new(),
            filter: EventFilter::default(),
            dedupe_secs: None,
            require_timestamp: None,
            header_id: None,
        }
    }
}

/// A task to define.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// What people call it.
    pub name: String,
    /// The agent that does it.
    pub agent_id: AgentId,
    /// The one realm that its runs see.
    pub realm: Option<Realm>,
    /// The principal whose rights its runs have; its maker unless said.
    pub run_as: Option<String>,
    /// Texts with places to be filled in; `prompt` is what the agent is told.
    pub input_template: Map<String, Value>,
    /// What a run may use, and how often there may be one.
    pub limits: TaskLimits,
    /// What its tools may do without asking; none is what the agent says.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide.
    pub approval_timeout_secs: Option<i32>,
    /// Calls that an admin agrees to before they are made.
    pub standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off.
    pub enabled: bool,
    /// What does.
    pub trigger: TriggerSpec,
}

/// What to change of a task.
#[derive(Debug, Clone, Default)]
pub struct TaskUpdate {
    /// What people call it.
    pub name: Option<String>,
    /// The agent that does it.
    pub agent_id: Option<AgentId>,
    /// The one realm that its runs see.
    pub realm: Change<Realm>,
    /// The principal whose rights its runs have.
    pub run_as: Option<String>,
    /// What the agent is told, whole.
    pub input_template: Option<Map<String, Value>>,
    /// What a run may use, whole.
    pub limits: Option<TaskLimits>,
    /// What its tools may do without asking.
    pub approval_defaults: Change<ApprovalDefaults>,
    /// How long a person has to decide.
    pub approval_timeout_secs: Change<i32>,
    /// Calls that an admin agrees to before they are made, whole.
    pub standing_approvals: Option<Vec<StandingApproval>>,
    /// Whether anything sets it off.
    pub enabled: Option<bool>,
    /// What does, whole. While its kind stays, so do its id and its secret.
    pub trigger: Option<TriggerSpec>,
}

/// A task that was just defined or changed.
#[derive(Debug, Clone)]
pub struct Defined {
    /// The task.
    pub task: Task,
    /// The secret of its webhook where that is new: it is shown this once.
    pub secret: Option<SecretString>,
}
