//! Tasks: an agent, what it is told, and what sets it off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Realm, Timestamp,
    agent::RunLimits,
    id::{DeliveryId, EventId, SourceId},
    names::names,
};

/// How many tasks may lead to one another. A trigger that would make the chain longer is skipped.
pub const MAX_DEPTH: usize = 3;

names! {
    /// What sets a task off.
    TriggerKind, "kind of trigger", InvalidTriggerKind {
        /// A person or a program, each time.
        Manual = "manual",
        /// The clock.
        Schedule = "schedule",
        /// A signed request from elsewhere.
        Webhook = "webhook",
        /// Something that happens in the org.
        Lifecycle = "lifecycle",
    }
}

names! {
    /// What happens while a run of the same task goes on.
    Overlap, "rule for overlap", InvalidOverlap {
        /// The new run does not begin.
        Skip = "skip",
        /// The new run waits.
        Queue = "queue",
        /// The run that goes on is stopped.
        CancelPrevious = "cancel_previous",
    }
}

names! {
    /// What happens to ticks that nobody was there for.
    Missed, "rule for missed ticks", InvalidMissed {
        /// Nothing.
        Skip = "skip",
        /// The last of them runs, if it is at most an hour old.
        RunOnce = "run_once",
    }
}

names! {
    /// Where a run of a task stands.
    TaskRunState, "state of a run of a task", InvalidTaskRunState {
        /// It waits to begin.
        Pending = "pending",
        /// Its agent is at work.
        Running = "running",
        /// A person decides.
        WaitingApproval = "waiting_approval",
        /// Its agent has answered.
        Succeeded = "succeeded",
        /// It broke off, or could not begin.
        Failed = "failed",
        /// Somebody stopped it, or another run of the task went before it.
        Cancelled = "cancelled",
    }
}

impl TaskRunState {
    /// Whether nothing more will happen to it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

names! {
    /// Why a run of a task did not begin, or broke off before its agent was asked.
    TaskErrorCode, "reason of a task to fail", InvalidTaskErrorCode {
        /// Whoever it runs as may not any more.
        RunAsGone = "run_as_gone",
        /// The agent is gone.
        AgentGone = "agent_gone",
        /// What it is told could not be filled in.
        TemplateFailed = "template_failed",
        /// A run of the same task was going on.
        Overlap = "overlap",
        /// The task has run as often as it may within an hour.
        QuotaExceeded = "quota_exceeded",
        /// The task was switched off before it began.
        Disabled = "disabled",
        /// Somebody stopped it before it began.
        Cancelled = "cancelled",
        /// A fault of the server; its log says more.
        Internal = "internal",
    }
}

names! {
    /// What may set a task off in its org.
    LifecycleEvent, "event that sets off a task", InvalidLifecycleEvent {
        /// The graph has changed.
        GraphChanged = "graph.changed",
        /// A sync has ended well.
        SyncSucceeded = "sync.succeeded",
        /// A sync was given up.
        SyncFailed = "sync.failed",
        /// A sync was stopped.
        SyncCancelled = "sync.cancelled",
        /// A person is asked to decide.
        ApprovalRequested = "approval.requested",
        /// A decision was taken, or nobody took it in time.
        ApprovalResolved = "approval.resolved",
        /// A run of a task has ended well.
        TaskRunSucceeded = "task.run.succeeded",
        /// A run of a task broke off.
        TaskRunFailed = "task.run.failed",
        /// A run of a task was stopped.
        TaskRunCancelled = "task.run.cancelled",
    }
}

/// Which of the events set the task off. What is not named does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EventFilter {
    /// Only what this source caused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
    /// Only what happens in this realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<Realm>,
    /// Only changes of nodes with this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// What a run of a task may use, and how often there may be one. What is not said is as the agent has it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TaskLimits {
    /// Turns of the model, 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Tokens read and written together, 1,000 to 10,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// US dollars, above 0 and up to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Seconds of work, 1 to 86,400; waiting for a person does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secs: Option<u32>,
    /// How many runs begin within an hour at most, 1 to 10,000. None is without bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_per_hour: Option<u32>,
}

impl TaskLimits {
    /// What holds for one run of an agent that has limits of its own.
    #[must_use]
    pub fn over(&self, agent: RunLimits) -> RunLimits {
        RunLimits {
            steps: self.steps.or(agent.steps),
            tokens: self.tokens.or(agent.tokens),
            cost_usd: self.cost_usd.or(agent.cost_usd),
            secs: self.secs.or(agent.secs),
        }
    }
}

/// What set a run off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A person or a program asked.
    Manual {
        /// Who.
        actor: String,
    },
    /// A tick of the schedule.
    Schedule {
        /// Its time.
        tick: Timestamp,
    },
    /// A delivery of the webhook.
    Webhook {
        /// Which.
        delivery_id: DeliveryId,
    },
    /// Something happened in the org.
    Lifecycle {
        /// What, as the trigger names it.
        event: LifecycleEvent,
        /// Which event it was.
        event_id: EventId,
    },
}
