//! What whatever sets a task off writes: a run that waits, and the job that begins it.

use agentcy_core::{
    Action, By, Caller, Credential, Principal, Realms,
    id::{KeyId, OrgId, TaskRunId, UserId},
    job::StartTask,
};
use agentcy_store::{
    Error as StoreError, Tx,
    jobs::{self, NewJob},
    task_runs,
};
use serde_json::json;

use super::{NewTaskRun, Task, TaskRun};
use crate::{
    Platform, Result,
    events::{self, Telling},
    jobs::MAX_ATTEMPTS,
    wake::Bell,
};

/// The topic that runs of tasks are told on.
pub(super) const TOPIC: &str = "tasks";

/// Keeps a run that waits, and queues the job that begins it. Says whether it is new: a tick may have run.
///
/// To be followed by [`wake`] once it is committed.
pub async fn enqueue(
    platform: &Platform,
    tx: &mut Tx,
    run_as: &str,
    new: &NewTaskRun,
) -> Result<bool> {
    let is_new = task_runs::insert(tx, new).await?;
    if is_new {
        enqueue_start(platform, tx, new.id, run_as).await?;
    }
    Ok(is_new)
}

/// Queues the job that begins a run that waits. One that was begun or ended before does nothing.
pub async fn enqueue_start(
    platform: &Platform,
    tx: &mut Tx,
    run: TaskRunId,
    run_as: &str,
) -> Result<()> {
    Ok(jobs::enqueue(tx, &start_of(platform, run_as), &StartTask { run }).await?)
}

/// The same for every run that waits for those before it, of a task whose runs do not wait for one another any more.
pub(super) async fn enqueue_waiting(platform: &Platform, tx: &mut Tx, task: &Task) -> Result<()> {
    let waiting = task_runs::pending(tx, task.id).await?;
    let starts: Vec<_> = waiting
        .into_iter()
        .map(|run| (start_of(platform, &task.run_as), StartTask { run }))
        .collect();
    Ok(jobs::enqueue_all(tx, &starts).await?)
}

fn start_of(platform: &Platform, run_as: &str) -> NewJob {
    NewJob {
        id: platform.ids.next(),
        subject: None,
        made_by: run_as.to_owned(),
        max_attempts: MAX_ATTEMPTS,
        at: platform.clock.now(),
    }
}

/// Tells every runner that a run may wait to begin, now that it is committed.
pub async fn wake(platform: &Platform) {
    platform.ring(Bell::Due).await;
}

/// Writes `task.run.updated` with how a run stands.
pub async fn tell(platform: &Platform, tx: &mut Tx, task: &Task, run: &TaskRun) -> Result<()> {
    let data = json!({
        "id": run.id,
        "task_id": task.id,
        "state": run.state,
        "run_id": run.run_id,
        "conversation_id": run.conversation_id,
        "realm": task.realm,
    });
    let realm = task.realm.clone();
    let telling = Telling { topic: TOPIC, event: "task.run.updated", data, realm, owner: None };
    // Whoever writes this: what becomes of a run is its task's doing, also where its agent was never asked. A task that
    // listens for runs that fail would else have no end.
    let mut causes = run.causes.clone();
    causes.push(task.id);
    events::append_after(platform, tx, telling, causes).await
}

/// The proof that opens an org for what sets a task off: in the name of whoever it runs as, whether or not they still may.
pub(crate) fn triggered_by(
    platform: &Platform,
    org_id: OrgId,
    run_as: &str,
    request_id: &str,
) -> Result<By> {
    let action = Action::TaskTrigger;
    let (principal, credential) = if let Ok(id) = run_as.parse::<UserId>() {
        (Principal::User(id), Credential::Ticket)
    } else if let Ok(id) = run_as.parse::<KeyId>() {
        (Principal::Key(id), Credential::ApiKey)
    } else {
        return Err(StoreError::corrupt("tasks", request_id, "run_as").into());
    };
    let caller = Caller {
        org_id,
        principal,
        role: action.standing().role,
        realms: Realms::All,
        credential,
        expires_at: None,
        can_approve: false,
        platform_admin: false,
        request_id: request_id.to_owned(),
        ip: None,
        causes: Vec::new(),
    };
    Ok(By::granted(&platform.system, &caller, action))
}
