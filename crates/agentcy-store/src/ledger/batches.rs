//! What a change of the ledger did.

use agentcy_core::{Realm, id::BatchId};
use sqlx::types::Uuid;

use super::Counts;
use crate::{Error, Result, Tenant};

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

/// The realms in which a batch changed something, each with the labels of the nodes, in their order.
#[tracing::instrument(name = "db.entities.realms_of_batch", skip_all)]
pub async fn realms(
    t: &mut impl Tenant,
    id: BatchId,
    most: i32,
) -> Result<Vec<(Realm, Vec<String>)>> {
    let rows = sqlx::query!(
        r#"select realm, coalesce((array_agg(distinct label order by label)
                   filter (where label is not null))[1:$3], '{}') as "labels!"
           from entities
           left join lateral unnest(case when kind = 'node' then labels end) label on true
           where org_id = $1 and batch_id = $2
           group by realm order by realm"#,
        Uuid::from(t.org()),
        Uuid::from(id),
        most,
    )
    .fetch_all(t.conn())
    .await?;
    let realm = |slug: String| slug.parse().map_err(|error| Error::corrupt("entities", id, error));
    rows.into_iter().map(|row| Ok((realm(row.realm)?, row.labels))).collect()
}

/// The counts of what a batch did in one of several realms: what moved left the one and came to the other.
#[tracing::instrument(name = "db.fact_batches.find_in", skip_all)]
pub async fn find_in(t: &mut impl Tenant, id: BatchId, realm: &Realm) -> Result<Counts> {
    let row = sqlx::query!(
        r#"select count(*) filter (where began and not ended) as "added!",
                  count(*) filter (where began and ended) as "changed!",
                  count(*) filter (where ended and not began) as "archived!"
           from (
               select bool_or(f.batch_id = $2) as began, bool_or(f.end_batch_id is not distinct from $2) as ended
               from entities e
               join facts f on f.org_id = e.org_id and f.entity_id = e.id
                   and (f.batch_id = $2 or f.end_batch_id = $2)
               where e.org_id = $1 and e.batch_id = $2 and e.realm = $3
               group by f.kind, f.external_id) said"#,
        Uuid::from(t.org()),
        Uuid::from(id),
        realm.as_str(),
    )
    .fetch_one(t.conn())
    .await?;
    Ok(Counts {
        added: row.added.unsigned_abs(),
        changed: row.changed.unsigned_abs(),
        archived: row.archived.unsigned_abs(),
        unchanged: 0,
    })
}
