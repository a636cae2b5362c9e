//! Deletes what an org keeps for some days only, a bounded batch at a time.
//!
//! What holds stays however old it is. A thing of the graph goes once nobody speaks of it any more, the last word about
//! it is gone, and the graph engine has taken it out.

use agentcy_core::{Timestamp, id::OrgId};
use sqlx::types::Uuid;

use crate::{Result, SystemTx, Tenant as _, Tx, ledger};

/// How many rows one call deletes at most.
pub const BATCH: u64 = 1000;
/// How many conversations: each has thousands of rows of its own.
pub const CONVERSATIONS: u64 = 50;

/// How many things of the graph were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Things {
    /// Edges.
    pub edges: u64,
    /// Nodes, and those that only the end of an edge is left of.
    pub nodes: u64,
}

/// The orgs that keep things for some days only, and for how many.
#[tracing::instrument(name = "db.orgs.retention", skip_all)]
pub async fn orgs(tx: &mut SystemTx) -> Result<Vec<(OrgId, i32)>> {
    let rows = sqlx::query!(
        r#"select id, retention_days as "days!" from orgs where retention_days is not null order by id"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.days)).collect())
}

/// Deletes versions that ended, or were found wrong, before then.
#[tracing::instrument(name = "db.facts.forget", skip(tx))]
pub async fn facts(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "delete from facts where org_id = $1 and id = any(array(
             select id from facts
             where org_id = $1 and coalesce(superseded_at, greatest(ended_at, valid_to)) <= $2
             limit $3))",
        Uuid::from(tx.org()),
        before,
        BATCH.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes edges and nodes that were archived before then and of which no version is left. Of a node at which an edge
/// still waits, only that it is awaited stays. Nothing while the ledger is written: the next call makes up for it.
#[tracing::instrument(name = "db.entities.forget", skip(tx))]
pub async fn things(tx: &mut Tx, before: Timestamp) -> Result<Things> {
    if !ledger::is_still(tx).await? {
        return Ok(Things::default());
    }
    let org_id = Uuid::from(tx.org());
    let edges = sqlx::query!(
        r#"delete from entities where org_id = $1 and id = any(array(
               select e.id from entities e
               join fact_batches b on b.org_id = $1 and b.id = e.batch_id
               join projections p on p.org_id = $1 and p.seq >= b.seq
               where e.org_id = $1 and e.kind = 'edge' and e.state = 'archived' and e.archived_at <= $2
                   and not exists (select from facts f where f.org_id = $1 and f.entity_id = e.id)
               limit $3))
           returning from_id as "from_id!", to_id as "to_id!", batch_id as "batch_id!""#,
        org_id,
        before,
        BATCH.cast_signed(),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut batches: Vec<Uuid> = edges.iter().map(|edge| edge.batch_id).collect();
    let ends: Vec<Uuid> = edges.iter().flat_map(|edge| [edge.from_id, edge.to_id]).collect();
    // Nobody but these edges ever spoke of them.
    let awaited = sqlx::query!(
        "delete from entities n
         where n.org_id = $1 and n.id = any($2) and n.kind = 'node' and n.state = 'awaited'
             and not exists (select from facts f where f.org_id = $1 and f.entity_id = n.id)
             and not exists (select from entities e
                             where e.org_id = $1 and e.kind = 'edge' and e.from_id = n.id)
             and not exists (select from entities e
                             where e.org_id = $1 and e.kind = 'edge' and e.to_id = n.id)",
        org_id,
        &ends,
    )
    .execute(tx.conn())
    .await?;
    let nodes = sqlx::query!(
        r#"with over as materialized (
               select e.id, e.batch_id,
                   exists (select from entities x
                           where x.org_id = $1 and x.kind = 'edge' and x.from_id = e.id)
                   or exists (select from entities x
                              where x.org_id = $1 and x.kind = 'edge' and x.to_id = e.id) as held
               from entities e
               join fact_batches b on b.org_id = $1 and b.id = e.batch_id
               join projections p on p.org_id = $1 and p.seq >= b.seq
               where e.org_id = $1 and e.kind = 'node' and e.state = 'archived' and e.archived_at <= $2
                   and not exists (select from facts f where f.org_id = $1 and f.entity_id = e.id)
               limit $3
           ), emptied as (
               update entities n
               set state = 'awaited', labels = '{}', properties = '{}', sources = '[]', provenance = '{}',
                   recorded_at = null, archived_at = null, batch_id = null
               from over where n.org_id = $1 and n.id = over.id and over.held
           ), gone as (
               delete from entities n using over
               where n.org_id = $1 and n.id = over.id and not over.held
           )
           select batch_id as "batch_id!" from over"#,
        org_id,
        before,
        BATCH.cast_signed(),
    )
    .fetch_all(tx.conn())
    .await?;
    batches.extend(nodes.iter().map(|node| node.batch_id));
    sqlx::query!(
        "update projections set forgotten = greatest(forgotten, (
             select max(seq) from fact_batches where org_id = $1 and id = any($2)))
         where org_id = $1",
        org_id,
        &batches,
    )
    .execute(tx.conn())
    .await?;
    let nodes = nodes.len() as u64 + awaited.rows_affected();
    Ok(Things { edges: edges.len() as u64, nodes })
}

/// Deletes conversations in which nothing happened since then, with all that was said in them; none in which an answer
/// is given, or something waits for a decision.
#[tracing::instrument(name = "db.conversations.forget", skip(tx))]
pub async fn conversations(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "delete from conversations where org_id = $1 and id = any(array(
             select c.id from conversations c
             where c.org_id = $1 and c.updated_at <= $2 and c.active_run is null
                 and not exists (select from runs r
                                 where r.conversation_id = c.id and r.finished_at is null)
                 and not exists (select from approvals a
                                 where a.conversation_id = c.id and a.state = 'pending')
             order by c.updated_at
             limit $3
             for update skip locked))",
        Uuid::from(tx.org()),
        before,
        CONVERSATIONS.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes runs of tasks that ended before then.
#[tracing::instrument(name = "db.task_runs.forget", skip(tx))]
pub async fn task_runs(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "delete from task_runs where org_id = $1 and id = any(array(
             select id from task_runs where org_id = $1 and finished_at <= $2 limit $3))",
        Uuid::from(tx.org()),
        before,
        BATCH.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes deliveries that came before then; those of which a repeat is still known, or whose run waits, stay.
#[tracing::instrument(name = "db.deliveries.forget", skip(tx))]
pub async fn deliveries(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "delete from deliveries where org_id = $1 and id = any(array(
             select d.id from deliveries d
             where d.org_id = $1 and d.received_at <= $2 and d.expires_at <= $3 and not exists
                 (select from task_runs r where r.id = d.task_run_id and r.state = 'pending')
             limit $4))",
        Uuid::from(tx.org()),
        before,
        now,
        BATCH.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes jobs that ended before then; the last one of each subject stays and says how it stands.
#[tracing::instrument(name = "db.jobs.forget", skip(tx))]
pub async fn jobs(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "delete from jobs where org_id = $1 and id = any(array(
             select id from jobs old
             where org_id = $1 and finished_at <= $2
                 and (subject is null or exists
                      (select from jobs later
                       where later.org_id = $1 and later.subject = old.subject
                           and (later.created_at, later.id) > (old.created_at, old.id)))
             limit $3))",
        Uuid::from(tx.org()),
        before,
        BATCH.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
