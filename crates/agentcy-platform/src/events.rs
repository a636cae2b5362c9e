//! Domain events, written in the transaction of what they tell of.

use agentcy_core::{
    DomainEvent, Realm,
    id::{BatchId, SourceId, TaskId},
};
use agentcy_store::{
    Tenant, Tx,
    ledger::{Counts, batches},
    outbox,
};
use serde_json::{Value, json};

use crate::{Platform, Result, tasks};

/// Something that happened, and who is told.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The topic that readers resume on.
    pub topic: &'static str,
    /// What happened.
    pub event: &'static str,
    /// What a subscriber is told.
    pub data: Value,
    /// The realm it happened in: who does not see that is not told. None is for all.
    pub realm: Option<Realm>,
    /// The principal whose affair it is: nobody else is told but admins. None is for all.
    pub owner: Option<String>,
}

/// Writes an event, and sets off the tasks that listen for it. What led to it is what led to the transaction.
pub async fn append(platform: &Platform, tx: &mut Tx, telling: Telling) -> Result<()> {
    let causes = tx.causes().to_vec();
    append_after(platform, tx, telling, causes).await
}

/// The same of an event that these tasks led to.
pub(crate) async fn append_after(
    platform: &Platform,
    tx: &mut Tx,
    telling: Telling,
    causes: Vec<TaskId>,
) -> Result<()> {
    let event = note(platform, tx, telling, causes).await?;
    tasks::fire(platform, tx, &event).await
}

/// Writes an event that sets nothing off.
pub(crate) async fn note(
    platform: &Platform,
    tx: &mut Tx,
    telling: Telling,
    causes: Vec<TaskId>,
) -> Result<DomainEvent> {
    let event = DomainEvent {
        id: platform.ids.next(),
        org_id: tx.org(),
        topic: telling.topic.to_owned(),
        event: telling.event.to_owned(),
        at: platform.clock.now(),
        data: telling.data,
        realm: telling.realm,
        owner: telling.owner,
        causes,
    };
    outbox::append(tx, &event).await?;
    Ok(event)
}

/// How many labels of what changed are told.
const MOST_LABELS: i32 = 50;

/// Writes `graph.changed`, once for each realm in which the batch shows: what moves leaves one and comes to another. The
/// realm that is given is told when it shows in none.
pub(crate) async fn graph_changed(
    platform: &Platform,
    tx: &mut Tx,
    source: Option<SourceId>,
    realm: &Realm,
    (batch, counts): (BatchId, Counts),
) -> Result<()> {
    let mut told = batches::realms(tx, batch, MOST_LABELS).await?;
    if told.is_empty() {
        told.push((realm.clone(), Vec::new()));
    }
    let is_moved = told.len() > 1;
    for (realm, labels) in told {
        let counts = if is_moved { batches::find_in(tx, batch, &realm).await? } else { counts };
        let Counts { added, changed, archived, .. } = counts;
        let mut data = json!({
            "realm": realm,
            "added": added,
            "changed": changed,
            "archived": archived,
            "labels": labels,
        });
        if let Some(source) = source {
            data["source_id"] = json!(source);
        }
        let realm = Some(realm);
        let telling = Telling { topic: "graph", event: "graph.changed", data, realm, owner: None };
        append(platform, tx, telling).await?;
    }
    Ok(())
}
