//! Domain events, written in the transaction of what they tell of.

use agentcy_core::{DomainEvent, Realm, id::SourceId};
use agentcy_store::{Tenant, Tx, ledger::Counts, outbox};
use serde_json::{Value, json};

use crate::{Platform, Result};

/// Writes an event of a topic.
pub async fn append(
    platform: &Platform,
    tx: &mut Tx,
    topic: &str,
    event: &str,
    data: Value,
) -> Result<()> {
    let event = DomainEvent {
        id: platform.ids.next(),
        org_id: tx.org(),
        topic: topic.to_owned(),
        event: event.to_owned(),
        at: platform.clock.now(),
        data,
    };
    Ok(outbox::append(tx, &event).await?)
}

/// Writes `graph.changed`, to those who see every realm and to those of this one.
pub(crate) async fn graph_changed(
    platform: &Platform,
    tx: &mut Tx,
    source: Option<SourceId>,
    realm: &Realm,
    counts: Counts,
) -> Result<()> {
    let Counts { added, changed, archived, .. } = counts;
    let mut data = json!({ "added": added, "changed": changed, "archived": archived });
    if let Some(source) = source {
        data["source_id"] = json!(source);
    }
    append(platform, tx, "graph", "graph.changed", data.clone()).await?;
    append(platform, tx, &format!("graph:{realm}"), "graph.changed", data).await
}
