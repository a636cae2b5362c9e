//! The sequencer numbers what is committed, per org and topic, so that a reader that resumes by number misses nothing.
//!
//! A number taken inside the writing transaction could become visible after a higher one. Here only committed rows get
//! one, and only the holder of the lease gives it, in the transaction in which it proves that it still holds it.

use agentcy_core::id::OrgId;
use sqlx::types::Uuid;

use crate::{
    Result, SystemTx,
    leases::{self, Fence},
};

/// The lease whose holder alone numbers.
pub const LEASE: &str = "sequencer";

/// The topic of the changes of the ledger.
pub const FACTS: &str = "facts";

/// How many rows of each table one batch numbers at most.
pub const BATCH: i64 = 1000;

/// A topic that has new numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The org.
    pub org_id: OrgId,
    /// The topic; `audit` is the audit log, [`FACTS`] the changes of the ledger.
    pub topic: String,
    /// The last number given.
    pub last: i64,
    /// How many were given.
    pub count: i64,
}

/// What one batch did.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Each topic that went on; its readers are to be woken once the transaction is committed.
    pub advances: Vec<Advance>,
    /// Whether there may be more to number already.
    pub more: bool,
}

/// Numbers one batch. Fails with `LeaseLost` when the lease is somebody else's by now.
#[tracing::instrument(name = "db.sequencer.number", skip(tx))]
pub async fn number(tx: &mut SystemTx, fence: Fence) -> Result<Batch> {
    leases::check(tx, LEASE, fence).await?;
    let outbox = number_outbox(tx).await?;
    let audit = number_audit(tx).await?;
    let facts = number_facts(tx).await?;
    let full = |advances: &[Advance]| advances.iter().map(|it| it.count).sum::<i64>() >= BATCH;
    let more = full(&outbox) || full(&audit) || full(&facts);
    Ok(Batch { advances: [outbox, audit, facts].concat(), more })
}

/// The last number given in each of these topics of these orgs, in their order; 0 before the first.
#[tracing::instrument(name = "db.sequencer.lasts", skip_all)]
pub async fn lasts(tx: &mut SystemTx, places: &[(OrgId, &str)]) -> Result<Vec<i64>> {
    let (orgs, topics): (Vec<Uuid>, Vec<String>) =
        places.iter().map(|(org, topic)| (Uuid::from(*org), (*topic).to_owned())).unzip();
    let lasts = sqlx::query_scalar!(
        r#"select coalesce(s.last, 0) as "last!"
           from unnest($1::uuid[], $2::text[]) with ordinality asked (org_id, topic, place)
           left join sequences s on s.org_id = asked.org_id and s.topic = asked.topic
           order by asked.place"#,
        &orgs,
        &topics,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(lasts)
}

async fn number_outbox(tx: &mut SystemTx) -> Result<Vec<Advance>> {
    let rows = sqlx::query_as!(
        AdvanceRow,
        r#"with fresh as (
             select id, org_id, topic,
                    row_number() over (partition by org_id, topic order by written) as place
             from (select id, org_id, topic, written from outbox
                   where seq is null order by written limit $1) unnumbered
         ), counted as (
             select org_id, topic, count(*) as count from fresh group by org_id, topic
         ), advanced as (
             insert into sequences as s (org_id, topic, last)
             select org_id, topic, count from counted
             on conflict (org_id, topic) do update set last = s.last + excluded.last
             returning org_id, topic, last
         ), numbered as (
             update outbox set seq = advanced.last - counted.count + fresh.place
             from fresh
             join counted using (org_id, topic)
             join advanced using (org_id, topic)
             where outbox.id = fresh.id
         )
         select org_id, topic, last, count as "count!"
         from advanced join counted using (org_id, topic)"#,
        BATCH,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Advance::from).collect())
}

async fn number_audit(tx: &mut SystemTx) -> Result<Vec<Advance>> {
    let rows = sqlx::query_as!(
        AdvanceRow,
        r#"with fresh as (
             select id, org_id, row_number() over (partition by org_id order by written) as place
             from (select id, org_id, written from audit
                   where seq is null and org_id is not null order by written limit $1) unnumbered
         ), counted as (
             select org_id, count(*) as count from fresh group by org_id
         ), advanced as (
             insert into sequences as s (org_id, topic, last)
             select org_id, 'audit', count from counted
             on conflict (org_id, topic) do update set last = s.last + excluded.last
             returning org_id, topic, last
         ), numbered as (
             update audit set seq = advanced.last - counted.count + fresh.place
             from fresh
             join counted using (org_id)
             join advanced using (org_id)
             where audit.id = fresh.id
         )
         select org_id as "org_id!", topic, last, count as "count!"
         from advanced join counted using (org_id)"#,
        BATCH,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Advance::from).collect())
}

async fn number_facts(tx: &mut SystemTx) -> Result<Vec<Advance>> {
    let rows = sqlx::query_as!(
        AdvanceRow,
        r#"with fresh as (
             select id, org_id, row_number() over (partition by org_id order by written) as place
             from (select id, org_id, written from fact_batches
                   where seq is null order by written limit $1) unnumbered
         ), counted as (
             select org_id, count(*) as count from fresh group by org_id
         ), advanced as (
             insert into sequences as s (org_id, topic, last)
             select org_id, $2, count from counted
             on conflict (org_id, topic) do update set last = s.last + excluded.last
             returning org_id, topic, last
         ), numbered as (
             update fact_batches set seq = advanced.last - counted.count + fresh.place
             from fresh
             join counted using (org_id)
             join advanced using (org_id)
             where fact_batches.id = fresh.id
         )
         select org_id, topic, last, count as "count!"
         from advanced join counted using (org_id)"#,
        BATCH,
        FACTS,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Advance::from).collect())
}

struct AdvanceRow {
    org_id: Uuid,
    topic: String,
    last: i64,
    count: i64,
}

impl From<AdvanceRow> for Advance {
    fn from(row: AdvanceRow) -> Self {
        let AdvanceRow { org_id, topic, last, count } = row;
        Self { org_id: OrgId::from(org_id), topic, last, count }
    }
}
