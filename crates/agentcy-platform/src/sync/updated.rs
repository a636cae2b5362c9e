//! What syncs tell whoever listens.

use agentcy_core::{
    Realm,
    id::{JobId, SourceId},
};
use agentcy_store::{
    Tx, jobs,
    ledger::Counts,
    sources::{self, Source},
};
use serde_json::json;

use super::Sync;
use crate::{
    Platform, Result,
    events::{self, Telling},
};

/// Writes `sync.updated` with how the job stands, and gives that.
pub(crate) async fn updated(platform: &Platform, tx: &mut Tx, job: JobId) -> Result<Option<Sync>> {
    let Some(job) = jobs::find(tx, job).await? else { return Ok(None) };
    let Some(subject) = job.subject else { return Ok(None) };
    let sync = Sync::of(SourceId::from(subject), job);
    let realm = sources::find(tx, sync.source_id).await?.map(|source| source.realm);
    events::append(platform, tx, telling(&sync, realm)).await?;
    Ok(Some(sync))
}

/// The same of many jobs at once, whose sources are known.
pub(crate) async fn updated_all(
    platform: &Platform,
    tx: &mut Tx,
    ids: &[JobId],
    sources: &[Source],
) -> Result<()> {
    for job in jobs::find_all(tx, ids).await? {
        let source = sources.iter().find(|source| job.subject == Some(source.id.into()));
        let Some(source) = source else { continue };
        let sync = Sync::of(source.id, job);
        events::append(platform, tx, telling(&sync, Some(source.realm.clone()))).await?;
    }
    Ok(())
}

fn telling(sync: &Sync, realm: Option<Realm>) -> Telling {
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
    // Of the realm, so that whoever does not see it is not told.
    Telling { topic: "sources", event: "sync.updated", data, realm, owner: None }
}
