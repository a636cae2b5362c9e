//! What waits to be done, across all orgs: for whoever watches the server.

use agentcy_core::Timestamp;

use crate::{Result, SystemTx};

/// How many rows of one kind are counted at most.
pub const MOST: i64 = 100_000;

/// How many wait, and since when the longest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The kind of a job, or the state of a run.
    pub name: String,
    /// How many, up to [`MOST`].
    pub count: i64,
    /// Since when the first of them is due; none waits that has no such time.
    pub since: Option<Timestamp>,
}

/// Everything that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Queued jobs by kind.
    pub jobs: Vec<Waiting>,
    /// Runs that are not over, by state.
    pub runs: Vec<Waiting>,
    /// Events without a number.
    pub unnumbered: i64,
    /// When the first of those was written.
    pub unnumbered_since: Option<Timestamp>,
}

/// Counts what waits, by what partial indexes hold.
#[tracing::instrument(name = "db.backlog.read", skip_all)]
pub async fn read(tx: &mut SystemTx) -> Result<Backlog> {
    // One select for each partial index.
    let jobs = sqlx::query_as!(
        Waiting,
        r#"select kind as "name!", count(*) as "count!", min(run_at) as since from (
               (select kind, run_at from jobs where state = 'queued' and not remote limit $1)
               union all
               (select kind, run_at from jobs where state = 'queued' and remote limit $1)) queued
           group by kind"#,
        MOST,
    )
    .fetch_all(tx.conn())
    .await?;
    let runs = sqlx::query_as!(
        Waiting,
        r#"select state as "name!", count(*) as "count!", min(wake_at) as since from (
               select state, wake_at from runs
               where state in ('pending', 'running', 'waiting_approval') limit $1) unfinished
           group by state"#,
        MOST,
    )
    .fetch_all(tx.conn())
    .await?;
    let outbox = sqlx::query!(
        r#"select count(*) as "count!", min(at) as since from (
               select at from outbox where seq is null limit $1) unnumbered"#,
        MOST,
    )
    .fetch_one(tx.conn())
    .await?;
    let (unnumbered, unnumbered_since) = (outbox.count, outbox.since);
    Ok(Backlog { jobs, runs, unnumbered, unnumbered_since })
}
