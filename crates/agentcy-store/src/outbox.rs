//! `outbox`: domain events, written in the transaction of their cause and numbered later by the sequencer.

use agentcy_core::{
    DomainEvent, Realm, Timestamp,
    id::{EventId, OrgId, TaskId},
};
use serde_json::Value;
use sqlx::types::Uuid;

use crate::{Error, Result, Tenant, Tx, columns::realm};

/// An event with its place in its topic.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// Its number: from 1 on, without gaps.
    pub seq: i64,
    /// What happened.
    pub event: DomainEvent,
}

/// Writes an event of the transaction's org.
#[tracing::instrument(name = "db.outbox.append", skip_all, fields(event = event.event))]
pub async fn append(tx: &mut Tx, event: &DomainEvent) -> Result<()> {
    let causes: Vec<Uuid> = event.causes.iter().map(|task| Uuid::from(*task)).collect();
    sqlx::query!(
        "insert into outbox (id, org_id, topic, event, at, data, realm, owner, causes)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        Uuid::from(event.id),
        Uuid::from(event.org_id),
        event.topic,
        event.event,
        event.at,
        event.data,
        event.realm.as_ref().map(Realm::as_str),
        event.owner,
        &causes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The events of a topic numbered above `seq`, in order. When the first is not `seq + 1`, or there is none although
/// [`last`] is above `seq`, then what the reader missed is not kept any more.
#[tracing::instrument(name = "db.outbox.after", skip(t))]
pub async fn after(
    t: &mut impl Tenant,
    topic: &str,
    seq: i64,
    limit: i64,
) -> Result<Vec<Numbered>> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query_as!(
        OutboxRow,
        r#"select id, org_id, topic, seq as "seq!", event, at, data, realm, owner, causes
           from outbox where org_id = $1 and topic = $2 and seq > $3 order by seq limit $4"#,
        org_id,
        topic,
        seq,
        limit,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(Numbered::try_from).collect()
}

/// The last number given in a topic, 0 before the first. For the audit log it is that of the topic `audit`.
#[tracing::instrument(name = "db.outbox.last", skip(t))]
pub async fn last(t: &mut impl Tenant, topic: &str) -> Result<i64> {
    let org_id = Uuid::from(t.org());
    let last = sqlx::query_scalar!(
        "select last from sequences where org_id = $1 and topic = $2",
        org_id,
        topic,
    )
    .fetch_optional(t.conn())
    .await?;
    Ok(last.unwrap_or(0))
}

struct OutboxRow {
    id: Uuid,
    org_id: Uuid,
    topic: String,
    seq: i64,
    event: String,
    at: Timestamp,
    data: Value,
    realm: Option<String>,
    owner: Option<String>,
    causes: Vec<Uuid>,
}

impl TryFrom<OutboxRow> for Numbered {
    type Error = Error;
    fn try_from(row: OutboxRow) -> Result<Self> {
        let id = EventId::from(row.id);
        let event = DomainEvent {
            id,
            org_id: OrgId::from(row.org_id),
            topic: row.topic,
            event: row.event,
            at: row.at,
            data: row.data,
            realm: realm("outbox", id, row.realm)?,
            owner: row.owner,
            causes: row.causes.into_iter().map(TaskId::from).collect(),
        };
        Ok(Self { seq: row.seq, event })
    }
}
