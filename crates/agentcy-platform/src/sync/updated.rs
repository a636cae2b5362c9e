//! What syncs tell whoever listens.

use agentcy_core::id::{JobId, SourceId};
use agentcy_store::{Tx, jobs, ledger::Counts, sources};
use serde_json::json;

use super::Sync;
use crate::{
    Platform, Result,
    events::{self, Telling},
};

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
    let telling = Telling { topic: "sources", event: "sync.updated", data, realm, owner: None };
    events::append(platform, tx, telling).await?;
    Ok(Some(sync))
}
