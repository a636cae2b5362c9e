//! The clock looks for ticks across all orgs. What a schedule says is read in its own org afterwards.

use agentcy_core::{
    Timestamp,
    id::{OrgId, TaskId, TriggerId},
};
use uuid::Uuid;

use crate::{Result, SystemTx};

/// A schedule, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// Its trigger.
    pub id: TriggerId,
    /// The org it belongs to.
    pub org_id: OrgId,
    /// The task that it sets off.
    pub task_id: TaskId,
    /// The principal whose rights the runs of that have.
    pub run_as: String,
    /// Its next tick.
    pub next_at: Timestamp,
}

/// The schedules whose next tick comes first, those that are due too.
#[tracing::instrument(name = "db.triggers.next", skip_all)]
pub async fn next(tx: &mut SystemTx, most: i64) -> Result<Vec<Scheduled>> {
    let rows = sqlx::query!(
        r#"select g.id, g.org_id, g.task_id, t.run_as, g.next_at as "next_at!"
           from triggers g join tasks t on t.id = g.task_id
           where g.next_at is not null
           order by g.next_at limit $1"#,
        most,
    )
    .fetch_all(tx.conn())
    .await?;
    let scheduled = rows.into_iter().map(|row| Scheduled {
        id: row.id.into(),
        org_id: row.org_id.into(),
        task_id: row.task_id.into(),
        run_as: row.run_as,
        next_at: row.next_at,
    });
    Ok(scheduled.collect())
}

/// A page of all schedules by their ids, those after one.
#[tracing::instrument(name = "db.triggers.scheduled", skip_all)]
pub async fn scheduled(tx: &mut SystemTx, after: TriggerId, most: i64) -> Result<Vec<Scheduled>> {
    let rows = sqlx::query!(
        r#"select g.id, g.org_id, g.task_id, t.run_as, g.next_at as "next_at!"
           from triggers g join tasks t on t.id = g.task_id
           where g.next_at is not null and g.id > $1
           order by g.id limit $2"#,
        Uuid::from(after),
        most,
    )
    .fetch_all(tx.conn())
    .await?;
    let scheduled = rows.into_iter().map(|row| Scheduled {
        id: row.id.into(),
        org_id: row.org_id.into(),
        task_id: row.task_id.into(),
        run_as: row.run_as,
        next_at: row.next_at,
    });
    Ok(scheduled.collect())
}
