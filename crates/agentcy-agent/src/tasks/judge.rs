//! Whether a run of a task begins, waits, or is over before it began.

use agentcy_core::{
    Action, Caller, ErrorCode, Realm, Timestamp,
    id::RunId,
    task::{Cause, Overlap, TaskErrorCode, TaskRunState},
};
use agentcy_platform::{Platform, Result, agents};
use agentcy_store::{
    Tx,
    agents::Agent,
    task_runs::{self, TaskRun},
    tasks::Task,
};
use chrono::TimeDelta;

/// What becomes of a run.
pub(super) enum Verdict {
    /// It begins.
    Begin(Box<Ready>),
    /// It waits for the one that is at work.
    Wait,
    /// It is over.
    End(Refusal),
}

/// What a run begins with.
pub(super) struct Ready {
    pub(super) agent: Agent,
    /// The runs of agents that are stopped for it.
    pub(super) in_the_way: Vec<RunId>,
}

/// Why a run does not begin.
pub(super) struct Refusal {
    pub(super) state: TaskRunState,
    pub(super) code: TaskErrorCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn failed(code: TaskErrorCode, message: impl Into<String>) -> Self {
        Self { state: TaskRunState::Failed, code, message: message.into() }
    }

    fn cancelled(code: TaskErrorCode, message: &str) -> Self {
        Self { state: TaskRunState::Cancelled, code, message: message.to_owned() }
    }
}

/// Judges a run whose task is locked, so that no other of it begins or ends meanwhile.
pub(super) async fn judge(
    platform: &Platform,
    tx: &mut Tx,
    task: &Task,
    run: &TaskRun,
    starter: Option<&Caller>,
    now: Timestamp,
) -> Result<Verdict> {
    let over = |refusal| Ok(Verdict::End(refusal));
    if !task.enabled {
        let message = "the task was switched off before it began";
        return over(Refusal::cancelled(TaskErrorCode::Disabled, message));
    }
    let in_the_way = match beside(tx, task, run).await? {
        Ok(in_the_way) => in_the_way,
        Err(Some(refusal)) => return over(refusal),
        Err(None) => return Ok(Verdict::Wait),
    };
    let Some(starter) = starter.filter(|starter| sees(starter, task, run)) else {
        let message = "whoever the task runs as may not any more";
        return over(Refusal::failed(TaskErrorCode::RunAsGone, message));
    };
    let by = platform.permit(starter, Action::AgentRead).await?;
    let agent = match agents::find(tx, &by, task.agent_id).await {
        Ok(agent) => agent,
        Err(error) if error.code() == Some(ErrorCode::NotFound) => {
            let message = "whoever the task runs as sees no such agent any more";
            return over(Refusal::failed(TaskErrorCode::AgentGone, message));
        }
        Err(error) => return Err(error),
    };
    if let Some(most) = task.limits.runs_per_hour {
        let begun = task_runs::begun_since(tx, task.id, now - TimeDelta::hours(1)).await?;
        if begun >= i64::from(most) {
            let message =
                format!("the task has begun {begun} runs within an hour, as many as it may");
            return over(Refusal::failed(TaskErrorCode::QuotaExceeded, message));
        }
    }
    Ok(Verdict::Begin(Box::new(Ready { agent, in_the_way })))
}

/// Whether whoever it runs as sees the realm of the task, and that of the event which set it off.
fn sees(starter: &Caller, task: &Task, run: &TaskRun) -> bool {
    let event = match run.cause {
        Cause::Lifecycle { .. } => {
            let realm = run.payload.as_ref().and_then(|payload| payload["event"]["realm"].as_str());
            realm.map(str::parse::<Realm>)
        }
        _ => None,
    };
    // A text that is no realm is nobody's.
    let event = event.is_none_or(|realm| realm.is_ok_and(|realm| starter.realms.contains(&realm)));
    event && task.realm.as_ref().is_none_or(|realm| starter.realms.contains(realm))
}

/// What the other runs of the task that are at work mean for this one: those that make way for it, or why it does not
/// begin; no reason is that it waits.
async fn beside(
    tx: &mut Tx,
    task: &Task,
    run: &TaskRun,
) -> Result<Result<Vec<RunId>, Option<Refusal>>> {
    let active = task_runs::active(tx, task.id).await?;
    let refused = |message| Some(Refusal::cancelled(TaskErrorCode::Overlap, message));
    Ok(match task.trigger.overlap {
        _ if active.is_empty() => Ok(Vec::new()),
        Overlap::Skip => Err(refused("a run of the task was going on")),
        Overlap::Queue => Err(None),
        // Jobs may come in another order than what they are for.
        Overlap::CancelPrevious if active.iter().any(|one| one.created_at > run.created_at) => {
            Err(refused("a newer run of the task went before it"))
        }
        Overlap::CancelPrevious => Ok(active.iter().filter_map(|one| one.run_id).collect()),
    })
}
