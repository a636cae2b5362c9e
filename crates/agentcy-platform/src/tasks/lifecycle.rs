//! Tasks that something in the org sets off, in the transaction in which it happens.

use agentcy_core::{
    DomainEvent, Realms, Role,
    task::{Cause, LifecycleEvent, MAX_DEPTH},
};
use agentcy_store::{
    Tx,
    triggers::{self, Listening},
};
use serde_json::{Value, json};

use super::{
    NewTaskRun, Skipped, enqueue,
    order::{TOPIC, wake},
    run_as::{self, Standing},
};
use crate::{
    Platform, Result,
    events::{self, Telling},
};

/// Sets off the tasks that listen for an event. Costs one look where none does.
pub(crate) async fn fire(platform: &Platform, tx: &mut Tx, event: &DomainEvent) -> Result<()> {
    let Some(name) = named(event) else { return Ok(()) };
    let mut is_due = false;
    for listening in triggers::listening(tx, name).await? {
        if !passes(&listening, event) || !may_hear(platform, tx, &listening, event).await? {
            continue;
        }
        if let Some(why) = too_far(&listening, event) {
            skip(platform, tx, &listening, event, name, why).await?;
            continue;
        }
        let new = NewTaskRun {
            id: platform.ids.next(),
            task_id: listening.task_id,
            cause: Cause::Lifecycle { event: name, event_id: event.id },
            causes: event.causes.clone(),
            payload: Some(payload(event, name)),
            delivery_id: None,
            tick: None,
            at: event.at,
        };
        enqueue(platform, tx, &listening.run_as, &new).await?;
        is_due = true;
    }
    if is_due {
        // Whoever commits this need not know that it set something off.
        let platform = platform.clone();
        tx.afterwards(async move { wake(&platform).await });
    }
    Ok(())
}

/// What triggers call the event, where one may listen for it.
fn named(event: &DomainEvent) -> Option<LifecycleEvent> {
    let is_of_state = matches!(event.event.as_str(), "sync.updated" | "task.run.updated");
    let name = match event.event.strip_suffix(".updated").filter(|_| is_of_state) {
        Some(what) => format!("{what}.{}", event.data["state"].as_str()?),
        None => event.event.clone(),
    };
    name.parse().ok()
}

fn passes(listening: &Listening, event: &DomainEvent) -> bool {
    let filter = &listening.filter;
    let source = filter.source_id.is_none_or(|id| event.data["source_id"] == json!(id));
    let realm = filter.realm.is_none() || filter.realm == event.realm;
    let label = filter.label.as_ref().is_none_or(|label| {
        event.data["labels"].as_array().is_some_and(|all| all.iter().any(|one| one == label))
    });
    source && realm && label
}

/// Whether the task may be told: what it does not see does not set it off.
async fn may_hear(
    platform: &Platform,
    tx: &mut Tx,
    listening: &Listening,
    event: &DomainEvent,
) -> Result<bool> {
    if let (Some(own), Some(realm)) = (&listening.realm, &event.realm)
        && own != realm
    {
        return Ok(false);
    }
    let now = platform.clock.now();
    // One who is gone is told, and hears nothing: the run says so.
    let Some(Standing { role, realms }) = run_as::standing(tx, &listening.run_as, now).await?
    else {
        return Ok(true);
    };
    let sees = event.realm.as_ref().is_none_or(|realm| realms.contains(realm));
    let own = event.owner.as_ref().is_none_or(|owner| {
        *owner == listening.run_as || role >= Role::Admin && realms == Realms::All
    });
    Ok(sees && own)
}

/// Why a chain of tasks ends here.
fn too_far(listening: &Listening, event: &DomainEvent) -> Option<&'static str> {
    if event.causes.contains(&listening.task_id) {
        return Some("the task led to the event itself");
    }
    (event.causes.len() >= MAX_DEPTH).then_some("three tasks led to the event one after another")
}

async fn skip(
    platform: &Platform,
    tx: &mut Tx,
    listening: &Listening,
    event: &DomainEvent,
    name: LifecycleEvent,
    why: &str,
) -> Result<()> {
    let task = listening.task_id;
    tracing::warn!(task.id = %task, event.id = %event.id, event.name = %name, why, "a task was not set off");
    triggers::skip(tx, listening.id, &Skipped { at: event.at, why: why.to_owned() }).await?;
    let data = json!({ "id": task, "event": name, "event_id": event.id, "why": why });
    let realm = listening.realm.clone();
    let telling = Telling { topic: TOPIC, event: "task.skipped", data, realm, owner: None };
    events::note(platform, tx, telling, event.causes.clone()).await?;
    Ok(())
}

/// What the template calls `trigger`.
fn payload(event: &DomainEvent, name: LifecycleEvent) -> Value {
    json!({
        "event": {
            "id": event.id,
            "name": name,
            "topic": event.topic,
            "at": event.at,
            "realm": event.realm,
            "data": event.data,
        },
    })
}
