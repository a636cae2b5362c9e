//! `job_logs`: what whoever does a job says of it.

use agentcy_core::{Timestamp, id::JobId};
use uuid::Uuid;

use super::{Hold, plain};
use crate::{Result, Tenant, Tx};

/// How many lines are kept of a job; what comes later is not.
pub const MAX_LINES: usize = 1000;

/// Something that was said of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was heard.
    pub at: Timestamp,
    /// The words.
    pub text: String,
}

/// Keeps more lines, as many as there is room for. The holder of the claim is known to hold it.
#[tracing::instrument(name = "db.job_logs.append", skip_all, fields(lines = lines.len()))]
pub async fn append(tx: &mut Tx, hold: Hold, lines: &[String], at: Timestamp) -> Result<()> {
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    sqlx::query!(
        "insert into job_logs (org_id, job_id, number, at, line)
         select $1, $2, before.count + said.number, $4, said.line
         from unnest($3::text[]) with ordinality said (line, number),
              (select count(*)::int from job_logs where org_id = $1 and job_id = $2) before
         where before.count + said.number <= $5",
        Uuid::from(tx.org()),
        Uuid::from(hold.id),
        &lines,
        at,
        i64::try_from(MAX_LINES).unwrap_or(i64::MAX),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The lines of a job, the first one first.
#[tracing::instrument(name = "db.job_logs.lines", skip_all)]
pub async fn lines(tenant: &mut impl Tenant, id: JobId) -> Result<Vec<Line>> {
    let rows = sqlx::query_as!(
        Line,
        "select at, line as text from job_logs where org_id = $1 and job_id = $2 order by number",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    );
    Ok(rows.fetch_all(tenant.conn()).await?)
}
