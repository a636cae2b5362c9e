//! `standing_counts`: how often a standing approval was made use of on a day.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// Which standing approval.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// The agent or task that has it.
    pub subject: Uuid,
    /// The id of the source.
    pub connector: &'a str,
    /// The tool of it.
    pub tool: &'a str,
    /// The digest of what its arguments must fit, by which it is told from others of the tool.
    pub args_schema: &'a [u8],
}

/// How many of the day's uses are taken.
#[tracing::instrument(name = "db.standing_counts.uses", skip_all)]
pub async fn uses(tenant: &mut impl Tenant, of: Of<'_>, day: NaiveDate) -> Result<i32> {
    let uses = sqlx::query_scalar!(
        "select uses from standing_counts
         where org_id = $1 and subject = $2 and connector = $3 and tool = $4 and args_schema = $5
             and day = $6",
        Uuid::from(tenant.org()),
        of.subject,
        of.connector,
        of.tool,
        of.args_schema,
        day,
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(uses.unwrap_or(0))
}

/// Takes one of the day's uses. False when there is none left; of many at once no more get one than there are. Days
/// long gone are forgotten.
#[tracing::instrument(name = "db.standing_counts.take", skip_all)]
pub async fn take(tx: &mut Tx, of: Of<'_>, day: NaiveDate, max: u32) -> Result<bool> {
    let max = i32::try_from(max).unwrap_or(i32::MAX);
    if max == 0 {
        return Ok(false);
    }
    let taken = sqlx::query!(
        "with forgotten as (
             delete from standing_counts
             where org_id = $1 and subject = $2 and connector = $3 and tool = $4
                 and day < $6::date - 30
         )
         insert into standing_counts as s (org_id, subject, connector, tool, args_schema, day, uses)
         values ($1, $2, $3, $4, $5, $6, 1)
         on conflict (org_id, subject, connector, tool, args_schema, day)
             do update set uses = s.uses + 1
         where s.uses < $7",
        Uuid::from(tx.org()),
        of.subject,
        of.connector,
        of.tool,
        of.args_schema,
        day,
        max,
    )
    .execute(tx.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}
