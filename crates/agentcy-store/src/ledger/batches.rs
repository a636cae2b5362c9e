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

/// The labels of the nodes that a batch changed, in their order.
#[tracing::instrument(name = "db.entities.labels_of_batch", skip_all)]
pub async fn labels(t: &mut impl Tenant, id: BatchId, most: i64) -> Result<Vec<String>> {
    let labels = sqlx::query_scalar!(
        r#"select distinct label as "label!" from entities, unnest(labels) label
           where org_id = $1 and batch_id = $2 and kind = 'node' order by label limit $3"#,
        Uuid::from(t.org()),
        Uuid::from(id),
        most,
    )
    .fetch_all(t.conn())
    .await?;
    Ok(labels)
}
