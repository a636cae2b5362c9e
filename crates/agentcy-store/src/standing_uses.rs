//! `standing_uses`: how often a standing approval was made use of on a day.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// How many of the day's uses are taken.
#[tracing::instrument(name = "db.standing_uses.uses", skip_all)]
pub async fn uses(
    tenant: &mut impl Tenant,
    subject: Uuid,
    connector: &str,
    tool: &str,
    day: NaiveDate,
) -> Result<i32> {
    let uses = sqlx::query_scalar!(
        "select uses from standing_uses
         where org_id = $1 and subject = $2 and connector = $3 and tool = $4 and day = $5",
        Uuid::from(tenant.org()),
        subject,
        connector,
        tool,
        day,
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(uses.unwrap_or(0))
}

/// Takes one of the day's uses. False when there is none left; of many at once no more get one than there are. Days
/// long gone are forgotten.
#[tracing::instrument(name = "db.standing_uses.take", skip_all)]
pub async fn take(
    tx: &mut Tx,
    subject: Uuid,
    connector: &str,
    tool: &str,
    day: NaiveDate,
    max: u32,
) -> Result<bool> {
    let max = i32::try_from(max).unwrap_or(i32::MAX);
    if max == 0 {
        return Ok(false);
    }
    let taken = sqlx::query!(
        "with forgotten as (
             delete from standing_uses
             where org_id = $1 and subject = $2 and connector = $3 and tool = $4
                 and day < $5::date - 30
         )
         insert into standing_uses as s (org_id, subject, connector, tool, day, uses)
         values ($1, $2, $3, $4, $5, 1)
         on conflict (org_id, subject, connector, tool, day) do update set uses = s.uses + 1
         where s.uses < $6",
        Uuid::from(tx.org()),
        subject,
        connector,
        tool,
        day,
        max,
    )
    .execute(tx.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}
