//! Tasks and their runs as they go over the wire.

use agentcy_agent::tasks::Transcript;
use agentcy_core::{
    Realm, Timestamp,
    agent::StandingApproval,
    audit::AuditEntry,
    id::{AgentId, ConversationId, DeliveryId, RunId, TaskId, TaskRunId, TriggerId, UserId},
    task::{
        Cause, EventFilter, LifecycleEvent, Missed, Overlap, TaskLimits, TaskRunState, TriggerKind,
    },
    tool::ApprovalDefaults,
};
use agentcy_platform::tasks::{Defined, Task, TaskFailure, TaskRun, Trigger};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{routes::chat::view::MessageView, samples};

/// An agent, what it is told, and what sets it off.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Task")]
pub(super) struct TaskView {
    id: TaskId,
    name: String,
    agent_id: AgentId,
    /// The one realm that it lies in and that its runs see; null is every realm of whoever they run as.
    realm: Option<Realm>,
    /// The user or API key whose rights its runs have.
    run_as: String,
    trigger: TriggerView,
    /// Texts with places to be filled in; `prompt` is what the agent is told.
    input_template: Map<String, Value>,
    /// What a run may use, and how often there may be one; what is absent is as the agent has it.
    limits: TaskLimits,
    /// What its tools may do without asking; null is as the agent has it.
    approval_defaults: Option<ApprovalDefaults>,
    /// How long a person has to decide; null is as chat has it.
    approval_timeout_secs: Option<i32>,
    /// Calls that an admin has agreed to before they are made.
    standing_approvals: Vec<StandingApproval>,
    /// Whether anything sets it off.
    enabled: bool,
    /// The next tick of its schedule.
    next_run_at: Option<Timestamp>,
    /// The user or API key that defined it.
    created_by: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What sets a task off. Only what its kind knows is there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Trigger")]
struct TriggerView {
    id: TriggerId,
    kind: TriggerKind,
    overlap: Overlap,
    /// Of a schedule: its ticks.
    #[serde(skip_serializing_if = "Option::is_none")]
    cron: Option<String>,
    /// Of a schedule: the time zone that they are meant in.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    /// Of a schedule: what happens to ticks that nobody was there for.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed: Option<Missed>,
    /// Of a lifecycle trigger: what may happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<LifecycleEvent>>,
    /// Of a lifecycle trigger: which of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<EventFilter>,
    /// Of a webhook: where deliveries are sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url>,
    /// Of a webhook: what deliveries are signed with; shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Of a webhook: until when the secret before the present one is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_until: Option<Timestamp>,
    /// Of a webhook: how long a delivery without an id is known by its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    dedupe_secs: Option<i32>,
    /// Of a webhook: whether deliveries must be signed with their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    require_timestamp: Option<bool>,
    /// Of a webhook: the header that holds the id of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    header_id: Option<String>,
    /// When an event was last not followed, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<SkippedView>,
}

/// An event that was not followed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SkippedTrigger")]
struct SkippedView {
    at: Timestamp,
    why: String,
}

impl TaskView {
    /// As everybody sees it who may, on a server that is at this address.
    pub(super) fn of(task: Task, server: &Url) -> Self {
        Self {
            id: task.id,
            name: task.name,
            agent_id: task.agent_id,
            realm: task.realm,
            run_as: task.run_as,
            next_run_at: task.trigger.next_at,
            trigger: TriggerView::of(task.trigger, server),
            input_template: task.input_template,
            limits: task.limits,
            approval_defaults: task.approval_defaults,
            approval_timeout_secs: task.approval_timeout_secs,
            standing_approvals: task.standing_approvals,
            enabled: task.enabled,
            created_by: task.created_by,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }

    /// With the secret of its webhook, if that is new.
    pub(super) fn defined(defined: &Defined, server: &Url) -> Self {
        let mut view = Self::of(defined.task.clone(), server);
        view.trigger.secret = defined.secret.as_ref().map(|it| it.expose_secret().to_owned());
        view
    }
}

impl TriggerView {
    fn of(trigger: Trigger, server: &Url) -> Self {
        let is = |kind| trigger.kind == kind;
        let (ticks, hook) = (is(TriggerKind::Schedule), is(TriggerKind::Webhook));
        let follows = is(TriggerKind::Lifecycle);
        Self {
            id: trigger.id,
            kind: trigger.kind,
            overlap: trigger.overlap,
            cron: trigger.cron,
            timezone: ticks.then_some(trigger.timezone),
            missed: ticks.then_some(trigger.missed),
            events: follows.then_some(trigger.events),
            filter: follows.then_some(trigger.filter),
            url: hook.then(|| address(server, trigger.id)).flatten(),
            secret: None,
            previous_until: trigger.previous_until,
            dedupe_secs: hook.then_some(trigger.dedupe_secs),
            require_timestamp: hook.then_some(trigger.require_timestamp),
            header_id: trigger.header_id,
            skipped: trigger.skipped.map(|it| SkippedView { at: it.at, why: it.why }),
        }
    }
}

/// Where deliveries of a trigger are sent to.
fn address(server: &Url, trigger: TriggerId) -> Option<Url> {
    let mut url = server.clone();
    let id = trigger.to_string();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "v1", "hooks", &id]);
    Some(url)
}

/// One time that a task was set off.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TaskRun")]
pub(super) struct TaskRunView {
    id: TaskRunId,
    task_id: TaskId,
    state: TaskRunState,
    /// Which attempt of its agent this is, from 1 on; 0 before it begins.
    attempt: i32,
    /// What set it off.
    cause: Cause,
    /// The tasks that led to it, the first one first.
    causes: Vec<TaskId>,
    /// What came in by webhook.
    delivery_id: Option<DeliveryId>,
    /// What was filled in; null before it begins, and for callers who do not see all that it may hold.
    input: Option<Value>,
    /// What its agent said in the end; null also for callers who do not see all that it may hold.
    output: Option<String>,
    /// Why it did not end well.
    error: Option<TaskFailureView>,
    /// The run of its agent.
    run_id: Option<RunId>,
    /// Where that takes place.
    conversation_id: Option<ConversationId>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

/// Why a run of a task did not end well.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TaskFailure")]
struct TaskFailureView {
    /// `run_as_gone`, `agent_gone`, `template_failed`, `overlap`, `quota_exceeded`, `disabled`, `cancelled`, `internal`,
    /// or the code that the run of its agent ended with.
    code: String,
    message: String,
}

impl From<TaskFailure> for TaskFailureView {
    fn from(failure: TaskFailure) -> Self {
        Self { code: failure.code, message: failure.message }
    }
}

impl From<TaskRun> for TaskRunView {
    fn from(run: TaskRun) -> Self {
        Self {
            id: run.id,
            task_id: run.task_id,
            state: run.state,
            attempt: run.attempt,
            cause: run.cause,
            causes: run.causes,
            delivery_id: run.delivery_id,
            input: run.input,
            output: run.output,
            error: run.error.map(TaskFailureView::from),
            run_id: run.run_id,
            conversation_id: run.conversation_id,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

/// One run with all that happened in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TaskRunDetail")]
pub(super) struct TaskRunDetailView {
    #[serde(flatten)]
    run: TaskRunView,
    /// What was said and done, the oldest first; null before it begins, and for callers who do not see its conversation.
    transcript: Option<Vec<MessageView>>,
    /// Whether there is more in its conversation than the transcript shows.
    truncated: bool,
    /// Who set it off, what its agent was permitted, and who decided and stopped; the oldest first, 1,000 at most.
    audit: Vec<AuditView>,
}

impl TaskRunDetailView {
    pub(super) fn of(run: TaskRun, transcript: Option<Transcript>, audit: Vec<AuditEntry>) -> Self {
        let truncated = transcript.as_ref().is_some_and(|it| it.truncated);
        let said = transcript.map(|it| it.said.into_iter().map(MessageView::from).collect());
        let audit = audit.into_iter().map(AuditView::from).collect();
        Self { run: run.into(), transcript: said, truncated, audit }
    }
}

/// Something that somebody did, or was refused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct AuditView {
    at: Timestamp,
    /// Who.
    actor: String,
    /// What, such as `source.tool.run`.
    action: String,
    /// `allowed` or `denied`.
    decision: &'static str,
    /// What it was done to.
    target: String,
    details: Value,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            decision: entry.decision.name(),
            target: entry.target,
            details: entry.details,
        }
    }
}

impl TaskView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            name: "triage".to_owned(),
            agent_id: samples::id(),
            realm: Some(samples::realm()),
            run_as: samples::id::<UserId>().to_string(),
            trigger: TriggerView::sample(),
            input_template: samples::map(json!({
                "prompt": "Say whom this issue concerns: {{ trigger.body.issue.title }}",
            })),
            limits: TaskLimits {
                steps: Some(10),
                runs_per_hour: Some(60),
                ..TaskLimits::default()
            },
            approval_defaults: None,
            approval_timeout_secs: Some(86_400),
            standing_approvals: Vec::new(),
            enabled: true,
            next_run_at: None,
            created_by: samples::id::<UserId>().to_string(),
            created_at: samples::time(),
            updated_at: samples::time(),
        }
    }

    /// The same with its secret.
    pub(super) fn sample_with_secret() -> Self {
        let mut view = Self::sample();
        view.trigger.secret = Some("whsec_…".to_owned());
        view
    }
}

impl TriggerView {
    fn sample() -> Self {
        let server = Url::parse("https://agentcy.example.com").ok();
        Self {
            id: samples::id(),
            kind: TriggerKind::Webhook,
            overlap: Overlap::Queue,
            cron: None,
            timezone: None,
            missed: None,
            events: None,
            filter: None,
            url: server.and_then(|server| address(&server, samples::id())),
            secret: None,
            previous_until: None,
            dedupe_secs: Some(300),
            require_timestamp: Some(false),
            header_id: Some("x-github-delivery".to_owned()),
            skipped: None,
        }
    }
}

impl TaskRunView {
    pub(super) fn sample() -> Self {
        Self {
            id: samples::id(),
            task_id: samples::id(),
            state: TaskRunState::Succeeded,
            attempt: 1,
            cause: Cause::Webhook { delivery_id: samples::id() },
            causes: Vec::new(),
            delivery_id: Some(samples::id()),
            input: Some(json!({ "prompt": "Say whom this issue concerns: …" })),
            output: Some("The payments team.".to_owned()),
            error: None,
            run_id: Some(samples::id()),
            conversation_id: Some(samples::id()),
            created_at: samples::time(),
            started_at: Some(samples::time()),
            finished_at: Some(samples::time()),
        }
    }
}

impl TaskRunDetailView {
    pub(super) fn sample() -> Self {
        let entry = AuditView {
            at: samples::time(),
            actor: samples::id::<UserId>().to_string(),
            action: "task.trigger".to_owned(),
            decision: "allowed",
            target: samples::id::<TaskRunId>().to_string(),
            details: json!({}),
        };
        Self {
            run: TaskRunView::sample(),
            transcript: Some(vec![MessageView::sample()]),
            truncated: false,
            audit: vec![entry],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_below_the_path_of_the_server() {
        let server = Url::parse("https://a.example.com/base/").unwrap();
        let trigger: TriggerId = samples::id();
        let url = address(&server, trigger).unwrap();
        assert_eq!(url.as_str(), format!("https://a.example.com/base/api/v1/hooks/{trigger}"));
    }
}
