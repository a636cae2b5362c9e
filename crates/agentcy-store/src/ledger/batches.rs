//! What a change of the ledger did.

use agentcy_core::id::BatchId;
use sqlx::types::Uuid;

use super::Counts;
use crate::{Result, Tenant};

/// The counts of a batch; none when it wrote nothing. What stayed as it was is not counted.
#[tracing::instrument(name = "db.fact_batches.find", skip_all)]
pub async fn find(t: &mut impl Tenant, id: BatchId) -> Result<Option<Counts>> {
    let row = sqlx::query!(
        "select added, changed, archived from fact_batches where org_id = $1 and id = $2",
        Uuid::from(t.org()),
        Uuid::from(id),
    )
    .fetch_optional(t.conn())
    .await?;
    Ok(row.map(|row| Counts {
        added: row.added.unsigned_abs(),
        changed: row.changed.unsigned_abs(),
        archived: row.archived.unsigned_abs(),
        unchanged: 0,
    }))
}
