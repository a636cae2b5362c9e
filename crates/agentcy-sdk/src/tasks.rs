//! Tasks: an agent, what it is told, and what sets it off without anyone asking.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ApprovalDefaults, Client, Error, List, StandingApproval, call::Call};

mod runs;
mod trigger;

pub use runs::{AuditEntry, TaskFailure, TaskRun, TaskRunDetail, TaskRunState};
pub use trigger::{EventFilter, NewTrigger, Skipped, Trigger};

/// A task.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Task {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The agent that does it.
    pub agent_id: String,
    /// The realm that it lies in and that its runs see; none is every realm of whoever they run as.
    pub realm: Option<String>,
    /// Whose rights its runs have.
    pub run_as: String,
    /// What sets it off.
    pub trigger: Trigger,
    /// Texts with places to be filled in; `prompt` is what the agent is told.
    #[serde(default)]
    pub input_template: Map<String, Value>,
    /// What a run may use, and how often there may be one.
    #[serde(default)]
    pub limits: TaskLimits,
    /// What its tools may do without asking; none is as the agent has it.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide; none is as chat has it.
    pub approval_timeout_secs: Option<u32>,
    /// Calls that were agreed to before they are made.
    #[serde(default)]
    pub standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off.
    #[serde(default)]
    pub enabled: bool,
    /// The next tick of its schedule.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A task, and the secret of its webhook where that is new.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DefinedTask {
    /// The task.
    pub task: Task,
    /// What deliveries are signed with; shown this once.
    pub secret: Option<SecretString>,
}

/// What a run of a task may use, and how often there may be one; what is none is as the agent has it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TaskLimits {
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
    /// How many runs begin within an hour at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_per_hour: Option<u32>,
}

/// A task to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewTask {
    /// What people call it; unique in the org.
    pub name: String,
    /// The agent that does it.
    pub agent_id: String,
    /// What sets it off.
    pub trigger: NewTrigger,
    /// Texts with places to be filled in; `prompt` is needed.
    pub input_template: Map<String, Value>,
    /// The realm that it lies in and that its runs see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Whose rights its runs have; the maker's unless said. Admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
    /// What a run may use.
    pub limits: TaskLimits,
    /// What its tools may do without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide, 1 to 604800.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_timeout_secs: Option<u32>,
    /// Calls that are agreed to before they are made. Admins only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off.
    pub enabled: bool,
}

impl NewTask {
    /// A task that tells an agent this when it is set off by hand.
    pub fn new(
        name: impl Into<String>,
        agent_id: impl Into<String>,
        prompt: impl Into<String>,
    ) -> Self {
        let mut input_template = Map::new();
        input_template.insert("prompt".to_owned(), Value::String(prompt.into()));
        Self {
            name: name.into(),
            agent_id: agent_id.into(),
            trigger: NewTrigger::manual(),
            input_template,
            realm: None,
            run_as: None,
            limits: TaskLimits::default(),
            approval_defaults: None,
            approval_timeout_secs: None,
            standing_approvals: Vec::new(),
            enabled: true,
        }
    }
}

/// What to change of a task; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TaskUpdate {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The agent that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The realm; `Some(None)` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<Option<String>>,
    /// Whose rights its runs have. Admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
    /// What sets it off, replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<NewTrigger>,
    /// What the agent is told, replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_template: Option<Map<String, Value>>,
    /// What a run may use, replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<TaskLimits>,
    /// What its tools may do without asking; `Some(None)` is as the agent has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_defaults: Option<Option<ApprovalDefaults>>,
    /// How long a person has to decide; `Some(None)` is as chat has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_timeout_secs: Option<Option<u32>>,
    /// Calls that are agreed to before they are made, replaced whole. Admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing_approvals: Option<Vec<StandingApproval>>,
    /// Whether anything sets it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Shown {
    trigger: ShownTrigger,
}

#[derive(Deserialize)]
struct ShownTrigger {
    secret: Option<SecretString>,
}

#[derive(Serialize)]
struct Rotation {
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_secs: Option<u32>,
}

impl DefinedTask {
    async fn read(call: Call<'_>) -> Result<Self, Error> {
        let answer = call.send().await?.accepted()?;
        let shown: Shown = answer.decode()?;
        Ok(Self { task: answer.decode()?, secret: shown.trigger.secret })
    }
}

impl Client {
    /// The tasks of the org, the newest first.
    pub fn tasks(&self) -> List<Task> {
        List::new(self, &["tasks"])
    }

    /// One task.
    pub async fn task(&self, task_id: &str) -> Result<Task, Error> {
        self.get(&["tasks", task_id]).read().await
    }

    /// Makes a task. The secret of a webhook is shown this once.
    pub async fn create_task(&self, new: &NewTask) -> Result<DefinedTask, Error> {
        DefinedTask::read(self.create(&["tasks"]).json(new)).await
    }

    /// Changes a task. A trigger that becomes a webhook has its secret shown this once.
    pub async fn update_task(
        &self,
        task_id: &str,
        change: &TaskUpdate,
    ) -> Result<DefinedTask, Error> {
        DefinedTask::read(self.patch(&["tasks", task_id]).json(change)).await
    }

    /// Removes a task with its runs.
    pub async fn remove_task(&self, task_id: &str) -> Result<(), Error> {
        self.delete(&["tasks", task_id]).done().await
    }

    /// Gives the webhook of a task a new secret; the old one stays good for these seconds, a day unless said.
    pub async fn rotate_trigger(
        &self,
        task_id: &str,
        grace_secs: Option<u32>,
    ) -> Result<DefinedTask, Error> {
        let call = self.create(&["tasks", task_id, "trigger", "rotate"]);
        DefinedTask::read(call.json(&Rotation { grace_secs })).await
    }
}
