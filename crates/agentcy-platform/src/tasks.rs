//! Tasks: an agent, what it is told, and what sets it off without anybody asking.
//!
//! Whatever sets a task off writes a run that waits and a job that begins it, in one transaction; the agent's side does
//! the rest. A task lies in its realm, and outside the caller's realms it is as unknown as a foreign one.

mod check;
mod lifecycle;
mod order;
mod run_as;
mod runs;
mod schedule;
mod spec;
mod template;
mod ticks;

use agentcy_core::{
    Action, By, Caller, ErrorCode, Realms, Timestamp,
    id::TaskId,
    task::{Overlap, TriggerKind},
};
use agentcy_store::{
    Error as StoreError, OnConstraint, Tenant, Tx, audit, runs as agent_runs, task_runs,
    tasks as store, triggers,
};
use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    Draft, Error, Listing, PageRequest, Platform, Result, error::Faults, hooks::secret, realms,
    wake::Bell,
};

pub use agentcy_store::{
    task_runs::{NewTaskRun, TaskFailure, TaskRun},
    tasks::Task,
    triggers::{Skipped, Trigger},
};
pub(crate) use lifecycle::fire;
use order::enqueue_waiting;
pub(crate) use order::triggered_by;
pub use order::{enqueue, enqueue_start, tell, wake};
pub use runs::{cancel_pending, run, run_of, runs};
pub use schedule::{InvalidSchedule, Schedule};
pub use spec::{Defined, NewTask, TaskUpdate, TriggerSpec};
pub use template::{Filled, MAX_FILLED, TemplateError, fill};
pub use ticks::Scheduler;

/// The tasks of the caller's realms, the newest first. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<Task>> {
    let by = platform.permit(caller, Action::TaskRead).await?;
    let scope = format!("{}/tasks/{}", by.org_id(), by.realms().to_slugs().join(","));
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = store::list(&mut reader, by.realms(), page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// One task. Errors: `not_found`.
pub async fn read(platform: &Platform, caller: &Caller, id: TaskId) -> Result<Task> {
    let by = platform.permit(caller, Action::TaskRead).await?;
    find(&mut platform.db.read(&by).await?, &by, id).await
}

/// Defines a task. The secret of a webhook is shown this once.
///
/// Errors: `invalid`, `unknown_realm`, `taken("name")`, `insufficient_role` (a foreign realm; what only an admin gives).
pub async fn create(platform: &Platform, caller: &Caller, new: NewTask) -> Result<Draft<Defined>> {
    let by = platform.permit(caller, Action::TaskCreate).await?;
    let now = platform.clock.now();
    let maker = caller.principal.to_string();
    let mut faults = Faults::default();
    let mut task = Task {
        id: platform.ids.next(),
        name: new.name,
        agent_id: new.agent_id,
        realm: new.realm,
        run_as: new.run_as.unwrap_or_else(|| maker.clone()),
        input_template: new.input_template,
        limits: new.limits,
        approval_defaults: new.approval_defaults,
        approval_timeout_secs: new.approval_timeout_secs,
        standing_approvals: new.standing_approvals,
        enabled: new.enabled,
        created_by: maker,
        created_at: now,
        updated_at: now,
        trigger: check::trigger(platform.ids.next(), new.trigger, &mut faults),
    };
    check::changed(platform, &by, None, &task, faults).await?;
    task.trigger.next_at = next_at(&task, now)?;
    let is_webhook = task.trigger.kind == TriggerKind::Webhook;
    let secret = is_webhook.then(|| secret::mint(platform));
    let sealed = seal(platform, &by, &task, secret.as_ref())?;

    let mut tx = platform.db.begin(&by).await?;
    require_realm(&mut tx, &task).await?;
    let inserted = store::insert(&mut tx, &task, sealed.as_deref()).await;
    refused(inserted)?;
    audit::record(&mut tx, &platform.done(&by, task.id, details(&task))).await?;
    Ok(Draft::new(platform, by, tx, Defined { task, secret }))
}

/// Changes a task. Runs that have begun go on with what they began with.
///
/// Errors: those of [`create`]; `not_found`, `in_use` (somebody else changed it meanwhile).
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    change: TaskUpdate,
) -> Result<Defined> {
    let by = platform.permit(caller, Action::TaskUpdate).await?;
    let before = find(&mut platform.db.read(&by).await?, &by, id).await?;
    let mut after = before.clone();
    after.name = change.name.unwrap_or(after.name);
    after.agent_id = change.agent_id.unwrap_or(after.agent_id);
    change.realm.apply(&mut after.realm);
    after.run_as = change.run_as.unwrap_or(after.run_as);
    after.input_template = change.input_template.unwrap_or(after.input_template);
    after.limits = change.limits.unwrap_or(after.limits);
    change.approval_defaults.apply(&mut after.approval_defaults);
    change.approval_timeout_secs.apply(&mut after.approval_timeout_secs);
    after.standing_approvals = change.standing_approvals.unwrap_or(after.standing_approvals);
    after.enabled = change.enabled.unwrap_or(after.enabled);
    let mut faults = Faults::default();
    if let Some(spec) = change.trigger {
        after.trigger = check::trigger(before.trigger.id, spec, &mut faults);
        after.trigger.next_at = before.trigger.next_at;
        after.trigger.previous_until = before.trigger.previous_until;
        after.trigger.skipped.clone_from(&before.trigger.skipped);
    }
    if after == before && faults.is_empty() {
        return Ok(Defined { task: after, secret: None });
    }
    check::changed(platform, &by, Some(&before), &after, faults).await?;
    after.updated_at = platform.clock.now();

    let (was, is) = (&before.trigger, &after.trigger);
    let becomes_webhook = is.kind == TriggerKind::Webhook && was.kind != TriggerKind::Webhook;
    let secret = becomes_webhook.then(|| secret::mint(platform));
    let sealed = seal(platform, &by, &after, secret.as_ref())?;
    let ticks_stay = (was.kind, &was.cron, &was.timezone) == (is.kind, &is.cron, &is.timezone)
        && before.enabled == after.enabled;

    let mut tx = platform.db.begin(&by).await?;
    let locked = store::lock(&mut tx, id).await?.ok_or_else(|| Error::not_found("task"))?;
    if locked.updated_at != before.updated_at {
        let message = "somebody else changed the task meanwhile; read it again";
        return Err(Error::refused(ErrorCode::InUse, message));
    }
    after.trigger.next_at =
        if ticks_stay { locked.trigger.next_at } else { next_at(&after, after.updated_at)? };
    require_realm(&mut tx, &after).await?;
    let kept = match &sealed {
        Some(sealed) => triggers::Secret::Set(sealed),
        None if after.trigger.kind == TriggerKind::Webhook => triggers::Secret::Keep,
        None => triggers::Secret::Clear,
    };
    if !matches!(kept, triggers::Secret::Keep) {
        after.trigger.previous_until = None;
    }
    refused(store::update(&mut tx, &after, kept).await)?;
    let waited = locked.trigger.overlap == Overlap::Queue;
    let is_woken = waited && after.trigger.overlap != Overlap::Queue;
    if is_woken {
        enqueue_waiting(platform, &mut tx, &after).await?;
    }
    audit::record(&mut tx, &platform.done(&by, id, details(&after))).await?;
    tx.commit().await?;
    if is_woken {
        wake(platform).await;
    }
    Ok(Defined { task: after, secret })
}

/// Removes a task with its runs, and stops what they do. Its conversations stay. Errors: `not_found`.
pub async fn remove(platform: &Platform, caller: &Caller, id: TaskId) -> Result<()> {
    let by = platform.permit(caller, Action::TaskDelete).await?;
    let mut tx = platform.db.begin(&by).await?;
    let task = locked(&mut tx, &by, id).await?;
    let now = platform.clock.now();
    let active = task_runs::active(&mut tx, id).await?;
    store::delete(&mut tx, id, now).await?;
    for run in active.into_iter().filter_map(|run| run.run_id) {
        agent_runs::ask_cancel(&mut tx, run, false, now).await?;
    }
    audit::record(&mut tx, &platform.done(&by, id, json!({ "name": task.name }))).await?;
    tx.commit().await?;
    platform.ring(Bell::Runs).await;
    Ok(())
}

/// The longest that a secret stays good beside a new one.
pub const MAX_GRACE_SECS: i32 = 7 * 24 * 60 * 60;

/// Gives the webhook of a task a new secret, shown this once; the present one is good for `grace_secs` more.
///
/// Errors: `not_found`, `invalid` (no webhook; the time), `insufficient_role` (it runs as somebody with more rights).
pub async fn rotate(
    platform: &Platform,
    caller: &Caller,
    id: TaskId,
    grace_secs: i32,
) -> Result<Draft<Defined>> {
    let by = platform.permit(caller, Action::TriggerRotate).await?;
    if !(0..=MAX_GRACE_SECS).contains(&grace_secs) {
        return Err(Error::invalid_field("grace_secs", "0 to 604800"));
    }
    let before = find(&mut platform.db.read(&by).await?, &by, id).await?;
    // Whoever has the secret sets off what it runs as.
    run_as::require(platform, &by, &before.run_as).await?;
    let secret = secret::mint(platform);
    let sealed = secret::seal(platform, by.org_id(), before.trigger.id, &secret)?;
    let now = platform.clock.now();
    let until = (grace_secs > 0).then(|| now + TimeDelta::seconds(grace_secs.into()));

    let mut tx = platform.db.begin(&by).await?;
    let mut task = locked(&mut tx, &by, id).await?;
    if task.trigger.kind != TriggerKind::Webhook {
        let message = "the task is not set off by a webhook";
        return Err(Error::refused(ErrorCode::Invalid, message));
    }
    triggers::rotate(&mut tx, task.trigger.id, &sealed, until).await?;
    task.trigger.previous_until = until;
    let done = platform.done(&by, id, json!({ "grace_secs": grace_secs }));
    audit::record(&mut tx, &done).await?;
    Ok(Draft::new(platform, by, tx, Defined { task, secret: Some(secret) }))
}

/// A task that the caller sees.
pub async fn find(tenant: &mut impl Tenant, by: &By, id: TaskId) -> Result<Task> {
    seen(store::find(tenant, id).await?, by)
}

/// The same, which nobody else changes or begins before the transaction ends.
async fn locked(tx: &mut Tx, by: &By, id: TaskId) -> Result<Task> {
    seen(store::lock(tx, id).await?, by)
}

fn seen(task: Option<Task>, by: &By) -> Result<Task> {
    let seen = |task: &Task| task.realm.as_ref().is_none_or(|realm| by.realms().contains(realm));
    task.filter(seen).ok_or_else(|| Error::not_found("task"))
}

async fn require_realm(tx: &mut Tx, task: &Task) -> Result<()> {
    match &task.realm {
        Some(realm) => {
            realms::require_known(tx, "realm", &Realms::Only([realm.clone()].into())).await
        }
        None => Ok(()),
    }
}

fn refused(written: Result<(), StoreError>) -> Result<()> {
    let written = written.on_constraint(store::NAME_KEY, || Error::taken("name"));
    match written {
        Err(Error::Store(error)) if error.constraint() == Some(store::AGENT_KEY) => {
            Err(check::no_agent())
        }
        other => other,
    }
}

/// The first tick from now on of a task that is on.
fn next_at(task: &Task, now: Timestamp) -> Result<Option<Timestamp>> {
    let Some(cron) = task.trigger.cron.as_deref().filter(|_| task.enabled) else { return Ok(None) };
    let schedule = Schedule::parse(cron, &task.trigger.timezone);
    let schedule = schedule.map_err(|error| Error::internal("a schedule is not one", error))?;
    Ok(schedule.next_after(now))
}

fn seal(
    platform: &Platform,
    by: &By,
    task: &Task,
    secret: Option<&SecretString>,
) -> Result<Option<Vec<u8>>> {
    let seal = |secret| secret::seal(platform, by.org_id(), task.trigger.id, secret);
    secret.map(seal).transpose()
}

/// What the audit row keeps: all that says what a task may do, but texts and schemas, which are long.
fn details(task: &Task) -> Value {
    let trigger = &task.trigger;
    let standing: Vec<_> = task
        .standing_approvals
        .iter()
        .map(|one| {
            json!({ "connector": one.connector, "tool": one.tool, "max_per_day": one.max_per_day,
                    "expires_at": one.expires_at })
        })
        .collect();
    json!({
        "name": task.name,
        "agent_id": task.agent_id,
        "realm": task.realm,
        "run_as": task.run_as,
        "enabled": task.enabled,
        "trigger": { "kind": trigger.kind, "cron": trigger.cron, "events": trigger.events },
        "approval_defaults": task.approval_defaults,
        "standing_approvals": standing,
    })
}
