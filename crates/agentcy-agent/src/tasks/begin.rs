//! What is written when a run of a task begins: what its agent is told, in a conversation of the org's.

use agentcy_core::{
    Timestamp,
    task::{Cause, TaskErrorCode},
};
use agentcy_platform::{Error, Result, hooks, jobs::Held, tasks as platform_tasks};
use agentcy_store::{
    Tx, audit,
    conversations::{self, Conversation},
    deliveries, messages,
    runs::{self, NewRun, OfTask, Start},
    task_runs::{self, TaskRun},
    tasks::Task,
};
use serde_json::{Value, json};

use super::{
    follow,
    judge::{Ready, Refusal},
};
use crate::{
    Runs,
    run::{blank_answer, plain},
    runs::question,
    tools::quoted,
};

/// Begins a run, or says why that cannot be. Its agent is taken up by whichever process has room.
pub(super) async fn begin(
    runs: &Runs,
    tx: &mut Tx,
    job: &Held,
    task: &Task,
    run: &TaskRun,
    ready: &Ready,
    now: Timestamp,
) -> Result<Result<(), Refusal>> {
    let platform = &runs.platform;
    let Told { prompt, input, tainted } = match fill(tx, task, run, now).await? {
        Ok(told) => told,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for previous in &ready.in_the_way {
        runs::ask_cancel(tx, *previous, true, now).await?;
    }
    let new = NewRun {
        id: platform.new_id(),
        conversation_id: platform.new_id(),
        agent_id: Some(ready.agent.id),
        message_id: platform.new_id(),
        starter: task.run_as.clone(),
        limits: task.limits.over(ready.agent.limits),
        system: None,
        task: Some(OfTask { run: run.id, causes: follow::chain(task, run), tainted }),
        at: now,
        start: Start::Pending { wake_at: Some(now) },
    };
    conversations::insert(tx, &conversation(task, &new)).await?;
    runs::insert(tx, &new).await?;
    let said = [question(runs, &new, &prompt), blank_answer(&new, now)];
    messages::insert(tx, &said).await?;
    if !task_runs::begin(tx, run.id, new.id, new.conversation_id, &input, now).await? {
        return Err(Error::internal("a run of a task has begun", "its row was locked"));
    }
    let details = json!({
        "task_id": task.id,
        "run_id": new.id,
        "conversation_id": new.conversation_id,
    });
    audit::record(tx, &platform.done(&job.by, run.id, details)).await?;
    follow::moved(platform, tx, run.id).await?;
    Ok(Ok(()))
}

const GONE: &str = "what was delivered is not kept any more";

/// What the agent of a run is told.
struct Told {
    prompt: String,
    input: Value,
    /// Whether somebody had a say in it whom nobody vouches for.
    tainted: bool,
}

async fn fill(
    tx: &mut Tx,
    task: &Task,
    run: &TaskRun,
    now: Timestamp,
) -> Result<Result<Told, Refusal>> {
    let refused =
        |message: String| Ok(Err(Refusal::failed(TaskErrorCode::TemplateFailed, message)));
    let trigger = match run.delivery_id {
        None => run.payload.clone().unwrap_or_default(),
        Some(id) => match deliveries::find(tx, id).await? {
            Some(delivery) => hooks::payload(&delivery).await,
            None => return refused(GONE.to_owned()),
        },
    };
    let tainted = !is_their_own(task, run);
    let mark = if tainted { quoted } else { str::to_owned };
    let filled = match platform_tasks::fill(&task.input_template, &trigger, now, mark) {
        Ok(filled) => filled,
        Err(error) => return refused(error.to_string()),
    };
    let prompt = plain::text(filled.prompt);
    if prompt.trim().is_empty() {
        return refused("the prompt is empty".to_owned());
    }
    Ok(Ok(Told { prompt, input: plain::value(filled.input), tainted }))
}

/// Whether all that is filled in are words of whoever the run acts as, or of nobody.
fn is_their_own(task: &Task, run: &TaskRun) -> bool {
    match &run.cause {
        Cause::Manual { actor } => *actor == task.run_as,
        Cause::Schedule { .. } => true,
        Cause::Webhook { .. } | Cause::Lifecycle { .. } => false,
    }
}

fn conversation(task: &Task, run: &NewRun) -> Conversation {
    Conversation {
        id: run.conversation_id,
        owner: None,
        task_id: Some(task.id),
        agent_id: run.agent_id,
        title: task.name.clone(),
        realm: task.realm.clone(),
        archived: false,
        last_seq: 0,
        reserved: 0,
        active_run: Some(run.id),
        created_at: run.at,
        updated_at: run.at,
    }
}
