//! Each time that a task was set off.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Client, Error, List, Message};

/// One time that a task was set off.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// Its id.
    pub id: String,
    /// The task.
    pub task_id: String,
    /// Where it stands.
    pub state: TaskRunState,
    /// Which attempt of its agent this is; 0 before it begins.
    #[serde(default)]
    pub attempt: u32,
    /// What set it off: an object with its `kind`.
    #[serde(default)]
    pub cause: Value,
    /// The tasks that led to it, the first one first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What came in by webhook.
    pub delivery_id: Option<String>,
    /// What was filled in.
    pub input: Option<Value>,
    /// What its agent said in the end.
    pub output: Option<String>,
    /// Why it did not end well.
    pub error: Option<TaskFailure>,
    /// The run of its agent.
    pub run_id: Option<String>,
    /// Where that takes place.
    pub conversation_id: Option<String>,
    /// When it was set off.
    pub created_at: Option<DateTime<Utc>>,
    /// When its agent was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Where a run of a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskRunState {
    /// It waits to begin.
    Pending,
    /// Its agent is at work.
    Running,
    /// A person decides.
    WaitingApproval,
    /// Its agent has answered.
    Succeeded,
    /// It broke off, or could not begin.
    Failed,
    /// Somebody stopped it, or another run of the task went before it.
    Cancelled,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl TaskRunState {
    /// The name as the API writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::WaitingApproval => "waiting_approval",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Other(name) => name,
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// Why a run of a task did not end well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TaskFailure {
    /// As clients match on it.
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
}

/// One run of a task, with all that happened in it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TaskRunDetail {
    /// The run.
    #[serde(flatten)]
    pub run: TaskRun,
    /// What was said and done, the oldest first; none before it begins, and where its conversation is not seen.
    pub transcript: Option<Vec<Message>>,
    /// Whether there is more in its conversation.
    #[serde(default)]
    pub truncated: bool,
    /// Who set it off, what its agent was permitted, who decided and stopped; the oldest first.
    #[serde(default)]
    pub audit: Vec<AuditEntry>,
}

/// Something that somebody did, or was refused.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// `allowed` or `denied`.
    #[serde(default)]
    pub decision: String,
    /// What it was done to.
    #[serde(default)]
    pub target: String,
    /// More.
    #[serde(default)]
    pub details: Value,
}

#[derive(Serialize)]
struct Input<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Value>,
}

impl Client {
    /// Sets a task off; `input` is what its texts call `trigger.body`. It goes on in the background.
    pub async fn run_task(&self, task_id: &str, input: Option<&Value>) -> Result<TaskRun, Error> {
        self.create(&["tasks", task_id, "run"]).json(&Input { input }).read().await
    }

    /// The runs of a task, the newest first.
    pub fn task_runs(&self, task_id: &str) -> List<TaskRun> {
        List::new(self, &["tasks", task_id, "runs"])
    }

    /// One run of a task, with all that happened in it.
    pub async fn task_run(&self, task_id: &str, run_id: &str) -> Result<TaskRunDetail, Error> {
        self.get(&["tasks", task_id, "runs", run_id]).read().await
    }

    /// Stops a run of a task.
    pub async fn cancel_task_run(&self, task_id: &str, run_id: &str) -> Result<TaskRun, Error> {
        self.create(&["tasks", task_id, "runs", run_id, "cancel"]).read().await
    }
}
