//! How far each org's graph follows the ledger, written by the one that leads the projection.

use agentcy_core::{Timestamp, id::OrgId};
use uuid::Uuid;

use crate::{Result, SystemTx, leases::Fence, ledger::projection::Progress};

/// The lease whose holder alone writes to the graph engine.
pub const LEASE: &str = "projector";

/// An org whose graph has something to catch up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The org.
    pub org_id: OrgId,
    /// The last batch whose changes are all in the graph.
    pub seq: i64,
    /// The last batch there is.
    pub last: i64,
    /// When the first batch that is not in the graph was made.
    pub since: Option<Timestamp>,
    /// Since when a rebuild is wanted.
    pub rebuild_asked_at: Option<Timestamp>,
}

/// What is written down of the graph of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The org.
    pub org_id: OrgId,
    /// The last batch whose changes are all in the graph.
    pub seq: i64,
    /// Since when a rebuild is wanted.
    pub rebuild_asked_at: Option<Timestamp>,
    /// How far it is.
    pub rebuild: Option<Progress>,
    /// Why the graph does not follow.
    pub fault: Option<String>,
}

/// The orgs with batches that are not in their graph, or of which a rebuild is wanted; the one that waits longest first.
#[tracing::instrument(name = "db.projections.behind", skip_all)]
pub async fn behind(tx: &mut SystemTx) -> Result<Vec<Behind>> {
    let rows = sqlx::query!(
        r#"select behind.*,
                  (select b.at from fact_batches b
                   where b.org_id = behind."org_id!" and b.seq = behind."seq!" + 1) as since
           from (select org_id as "org_id!", coalesce(p.seq, 0) as "seq!",
                        coalesce(s.last, 0) as "last!", p.rebuild_asked_at as "rebuild_asked_at?"
                 from (select org_id, last from sequences where topic = 'facts') s
                 full join projections p using (org_id)
                 where p.rebuild_asked_at is not null
                    or coalesce(s.last, 0) > coalesce(p.seq, 0)) behind
           order by since nulls first, "org_id!""#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Behind {
            org_id: row.org_id.into(),
            seq: row.seq,
            last: row.last,
            since: row.since,
            rebuild_asked_at: row.rebuild_asked_at,
        })
        .collect())
}

/// The orgs that have a graph, or had one.
#[tracing::instrument(name = "db.projections.orgs", skip_all)]
pub async fn orgs(tx: &mut SystemTx) -> Result<Vec<OrgId>> {
    let rows = sqlx::query_scalar!(
        r#"select org_id as "org_id!" from sequences where topic = 'facts'
           union select org_id from projections order by 1"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(OrgId::from).collect())
}

/// Whether somebody leads the projection.
#[tracing::instrument(name = "db.projections.is_led", skip_all)]
pub async fn is_led(tx: &mut SystemTx) -> Result<bool> {
    let led = sqlx::query_scalar!(
        r#"select expires_at > clock_timestamp() as "led!" from leases where name = $1"#,
        LEASE,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(led == Some(true))
}

/// Whether nobody has led the projection since whoever had this fence, whose time may be over.
#[tracing::instrument(name = "db.projections.is_last_led_with", skip_all)]
pub async fn is_last_led_with(tx: &mut SystemTx, fence: Fence) -> Result<bool> {
    let last = sqlx::query_scalar!("select fence from leases where name = $1", LEASE)
        .fetch_optional(tx.conn())
        .await?;
    Ok(last == Some(fence.get()))
}

/// How the graphs of these orgs are.
#[tracing::instrument(name = "db.projections.of", skip_all)]
pub async fn of(tx: &mut SystemTx, orgs: &[OrgId]) -> Result<Vec<Kept>> {
    let orgs: Vec<Uuid> = orgs.iter().copied().map(Uuid::from).collect();
    let rows = sqlx::query!(
        "select org_id, seq, rebuild_asked_at, rebuild_done, rebuild_total, fault
         from projections where org_id = any($1) order by org_id",
        &orgs,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Kept {
            org_id: row.org_id.into(),
            seq: row.seq,
            rebuild_asked_at: row.rebuild_asked_at,
            rebuild: row
                .rebuild_done
                .zip(row.rebuild_total)
                .map(|(done, total)| Progress { done, total }),
            fault: row.fault,
        })
        .collect())
}

/// Says that everything up to this batch is in the graph, also when that is less than before. A fault is over with it.
#[tracing::instrument(name = "db.projections.reach", skip(tx))]
pub async fn reach(tx: &mut SystemTx, org: OrgId, seq: i64, at: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into projections (org_id, seq, at) values ($1, $2, $3)
         on conflict (org_id) do update set seq = $2, at = $3, fault = null",
        Uuid::from(org),
        seq,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Wants a rebuild of an org, or of every org that has a graph; says which those are. Asked for while one is under way,
/// another follows.
#[tracing::instrument(name = "db.projections.ask_rebuild", skip(tx))]
pub async fn ask_rebuild(tx: &mut SystemTx, org: Option<OrgId>) -> Result<Vec<OrgId>> {
    // clock_timestamp(): a later wish must be told from an earlier one, whoever's clock is ahead.
    let rows = sqlx::query_scalar!(
        r#"insert into projections (org_id, rebuild_asked_at)
           select o.id, clock_timestamp() from orgs o
           where case when $1::uuid is null
               then exists (select from sequences s where s.org_id = o.id and s.topic = 'facts')
                    or exists (select from projections p where p.org_id = o.id)
               else o.id = $1 end
           on conflict (org_id) do update
               set rebuild_asked_at = excluded.rebuild_asked_at, fault = null
           returning org_id"#,
        org.map(Uuid::from),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(OrgId::from).collect())
}

/// Begins a rebuild: nothing counts as being in the graph, and until it is done every later start begins it again.
/// Gives the wish that it fulfils.
#[tracing::instrument(name = "db.projections.begin_rebuild", skip(tx))]
pub async fn begin_rebuild(
    tx: &mut SystemTx,
    org: OrgId,
    total: i64,
    at: Timestamp,
) -> Result<Timestamp> {
    let wish = sqlx::query_scalar!(
        r#"insert into projections as p
               (org_id, seq, at, rebuild_asked_at, rebuild_done, rebuild_total)
           values ($1, 0, $2, clock_timestamp(), 0, $3)
           on conflict (org_id) do update set
               seq = 0, at = $2, rebuild_done = 0, rebuild_total = $3,
               rebuild_asked_at = coalesce(p.rebuild_asked_at, excluded.rebuild_asked_at)
           returning rebuild_asked_at as "rebuild_asked_at!""#,
        Uuid::from(org),
        at,
        total,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(wish)
}

/// Says how far a rebuild is.
#[tracing::instrument(name = "db.projections.progress", skip(tx))]
pub async fn progress(tx: &mut SystemTx, org: OrgId, progress: Progress) -> Result<()> {
    sqlx::query!(
        "update projections set rebuild_done = $2, rebuild_total = $3 where org_id = $1",
        Uuid::from(org),
        progress.done,
        progress.total,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the rebuild that fulfils this wish; everything up to `seq` is in the graph. A later wish stays.
#[tracing::instrument(name = "db.projections.end_rebuild", skip(tx))]
pub async fn end_rebuild(
    tx: &mut SystemTx,
    org: OrgId,
    wish: Timestamp,
    seq: i64,
    at: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "update projections set
             seq = $2, at = $4, fault = null, rebuild_done = null, rebuild_total = null,
             rebuild_asked_at = case when rebuild_asked_at > $3 then rebuild_asked_at end
         where org_id = $1",
        Uuid::from(org),
        seq,
        wish,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says why the graph does not follow; false when that was said already.
#[tracing::instrument(name = "db.projections.fail", skip_all)]
pub async fn fail(tx: &mut SystemTx, org: OrgId, fault: &str) -> Result<bool> {
    let done = sqlx::query!(
        "insert into projections as p (org_id, fault) values ($1, $2)
         on conflict (org_id) do update set fault = $2 where p.fault is distinct from $2",
        Uuid::from(org),
        fault,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
