//! `standing_uses`: how often a standing approval was made use of on a day.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// Takes one of the day's uses. False when there is none left; of many at once no more get one than there are.
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
        "insert into standing_uses as s (org_id, subject, connector, tool, day, uses)
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
