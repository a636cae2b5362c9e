//! What syncs tell whoever listens.

use agentcy_core::{
    DomainEvent, Realm,
    id::{JobId, SourceId},
};
use agentcy_store::{Tenant, Tx, jobs, ledger::Counts, outbox, sources};
use serde_json::{Value, json};

use super::Sync;
use crate::{Platform, Result};

/// Writes `sync.updated` with how the job stands, and gives that.
pub(super) async fn updated(platform: &Platform, tx: &mut Tx, job: JobId) -> Result<Option<Sync>> {
    let Some(job) = jobs::find(tx, job).await? else { return Ok(None) };
    let Some(subject) = job.subject else { return Ok(None) };
    let sync = Sync::of(SourceId::from(subject), job);
    // Of the realm, so that whoever does not see it is not told.
    let realm = sources::find(tx, sync.source_id).await?.map(|source| source.realm);
    let Counts { added, changed, archived, unchanged } = sync.counts;
    let data = json!({
        "id": sync.id,
        "source_id": sync.source_id,
        "realm": realm,
        "state": sync.state.name(),
        "progress": { "done": sync.done, "total": sync.total },
        "counts": {
            "added": added, "changed": changed, "archived": archived, "unchanged": unchanged,
        },
        "errors": sync.faults.len(),
    });
    append(platform, tx, "sources", "sync.updated", data).await?;
    Ok(Some(sync))
}

/// Writes `graph.changed`, to those who see every realm and to those of this one.
pub(super) async fn changed(
    platform: &Platform,
    tx: &mut Tx,
    source: SourceId,
    realm: &Realm,
    counts: Counts,
) -> Result<()> {
    let Counts { added, changed, archived, .. } = counts;
    let data = json!({
        "source_id": source, "added": added, "changed": changed, "archived": archived,
    });
    append(platform, tx, "graph", "graph.changed", data.clone()).await?;
    append(platform, tx, &format!("graph:{realm}"), "graph.changed", data).await
}

async fn append(
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
