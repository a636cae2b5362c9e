//! What the projector reads: numbered batches, what each of them changed, and the whole present state.
//!
//! An entity names the batch that changed it last, so the graph is a function of the entities of the batches in their
//! order: what is live is written, anything else taken out.

use agentcy_core::{
    Realm, Timestamp,
    id::{BatchId, EdgeId, NodeId},
};
use serde_json::{Map, Value};
use sqlx::types::Uuid;

use super::{
    Kind, SourceRef,
    rows::{self, Columns},
    text,
};
use crate::{Result, Tenant};

/// How many entities are looked at for one part of a list.
const PART: i64 = 10_000;
/// How many bytes of properties one part holds, as they are stored; an entity above it is a part of its own.
const PART_BYTES: i64 = 4 << 20;

/// How far the graph of an org follows the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    /// The last batch whose changes are all in the graph.
    pub seq: i64,
    /// When that was written down.
    pub at: Option<Timestamp>,
    /// The last batch there is.
    pub last: i64,
    /// When the first batch that is not in the graph was made.
    pub behind_since: Option<Timestamp>,
    /// Since when a rebuild is wanted.
    pub rebuild_asked_at: Option<Timestamp>,
    /// How far it is.
    pub rebuild: Option<Progress>,
    /// The last batch of which something was deleted: a graph before it never hears that it is gone.
    pub forgotten: i64,
    /// Why the graph does not follow.
    pub fault: Option<String>,
}

/// How much of a rebuild is done, in nodes and edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Written.
    pub done: i64,
    /// There when it began.
    pub total: i64,
}

/// A batch with its number, and how much it says it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedBatch {
    /// Its id.
    pub id: BatchId,
    /// Its number: from 1 on, without gaps.
    pub seq: i64,
    /// Added, changed and archived together.
    pub size: i64,
}

/// What became of an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T, I> {
    /// It is like this.
    Live(T),
    /// It is not to be seen, since the batch of this number.
    Gone(I, i64),
}

/// A node as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeNow {
    /// Its id.
    pub id: NodeId,
    /// What it is.
    pub labels: Vec<String>,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Where it lies.
    pub realm: Realm,
    /// The sources that speak of it.
    pub sources: Vec<SourceRef>,
    /// Since when it holds.
    pub valid_from: Timestamp,
    /// When it was learned.
    pub recorded_at: Timestamp,
    /// The number of the batch that made it so.
    pub version: i64,
}

/// An edge as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeNow {
    /// Its id.
    pub id: EdgeId,
    /// How its ends hang together.
    pub edge_type: String,
    /// Where it leads from.
    pub from: NodeId,
    /// Where it leads to.
    pub to: NodeId,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Where it lies.
    pub realm: Realm,
    /// Since when it holds.
    pub valid_from: Timestamp,
    /// When it was learned.
    pub recorded_at: Timestamp,
    /// The number of the batch that made it so.
    pub version: i64,
}

/// A part of a list, in the order of ids; it may be empty although others follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Nodes or edges.
    pub ids: Vec<Uuid>,
    /// After which the next part begins, when there is one.
    pub after: Option<Uuid>,
}

/// How far the org's graph follows.
#[tracing::instrument(name = "db.projections.find", skip_all)]
pub async fn find(t: &mut impl Tenant) -> Result<Projection> {
    let org_id = Uuid::from(t.org());
    let row = sqlx::query!(
        r#"select coalesce(p.seq, 0) as "seq!", p.at as "at?", coalesce(s.last, 0) as "last!",
                  p.rebuild_asked_at as "rebuild_asked_at?", p.rebuild_done as "done?",
                  p.rebuild_total as "total?", p.fault as "fault?", coalesce(p.forgotten, 0) as "forgotten!",
                  (select b.at from fact_batches b
                   where b.org_id = o.id and b.seq = coalesce(p.seq, 0) + 1) as behind_since
           from (select $1::uuid as id) o
           left join projections p on p.org_id = o.id
           left join sequences s on s.org_id = o.id and s.topic = 'facts'"#,
        org_id,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(Projection {
        seq: row.seq,
        at: row.at,
        last: row.last,
        behind_since: row.behind_since,
        rebuild_asked_at: row.rebuild_asked_at,
        rebuild: row.done.zip(row.total).map(|(done, total)| Progress { done, total }),
        forgotten: row.forgotten,
        fault: row.fault,
    })
}

/// Whether everything up to this batch of the org is in its graph; false for a batch that is not numbered yet.
#[tracing::instrument(name = "db.projections.is_visible", skip_all)]
pub async fn is_visible(t: &mut impl Tenant, batch: BatchId) -> Result<bool> {
    let org_id = Uuid::from(t.org());
    let visible = sqlx::query_scalar!(
        r#"select b.seq <= p.seq as "visible?"
           from fact_batches b join projections p using (org_id)
           where b.org_id = $1 and b.id = $2"#,
        org_id,
        Uuid::from(batch),
    )
    .fetch_optional(t.conn())
    .await?;
    Ok(visible.flatten() == Some(true))
}

/// The batches numbered above `seq`, in order.
#[tracing::instrument(name = "db.fact_batches.after", skip(t))]
pub async fn batches_after(
    t: &mut impl Tenant,
    seq: i64,
    limit: i64,
) -> Result<Vec<NumberedBatch>> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query!(
        r#"select id, seq as "seq!", added + changed + archived as "size!"
           from fact_batches where org_id = $1 and seq > $2 order by seq limit $3"#,
        org_id,
        seq,
        limit,
    )
    .fetch_all(t.conn())
    .await?;
    let batch = |id: Uuid, seq, size| NumberedBatch { id: id.into(), seq, size };
    Ok(rows.into_iter().map(|row| batch(row.id, row.seq, row.size)).collect())
}

/// How many nodes and edges are live.
#[tracing::instrument(name = "db.entities.count_live", skip_all)]
pub async fn count_live(t: &mut impl Tenant) -> Result<i64> {
    let org_id = Uuid::from(t.org());
    let count = sqlx::query_scalar!(
        // Each has an index of what is live, which alone tells.
        r#"select (select count(*) from entities
                   where org_id = $1 and kind = 'node' and state = 'live')
                + (select count(*) from entities
                   where org_id = $1 and kind = 'edge' and state = 'live') as "count!""#,
        org_id,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(count)
}

/// A part of the nodes or edges that one of these batches changed last, live or not.
#[tracing::instrument(name = "db.entities.changed", skip_all)]
pub async fn changed(
    t: &mut impl Tenant,
    kind: Kind,
    batches: &[BatchId],
    after: Option<Uuid>,
) -> Result<Part> {
    let org_id = Uuid::from(t.org());
    let batches: Vec<Uuid> = batches.iter().copied().map(Uuid::from).collect();
    // A batch at a time, and of both kinds: so the index of batches is the best for a small one as for a large one.
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.kind = $4 as "wanted!", e.bytes as "bytes!"
           from unnest($2::uuid[]) as b(id)
           cross join lateral (
               select id, kind, pg_column_size(properties) as bytes from entities
               where org_id = $1 and batch_id = b.id and id > $3
               order by id limit $5) e
           order by e.id limit $5"#,
        org_id,
        &batches,
        after.unwrap_or_default(),
        kind.name(),
        PART,
    )
    .fetch_all(t.conn())
    .await?;
    Ok(part(rows.into_iter().map(|row| (row.id, row.wanted.then_some(row.bytes)))))
}

/// A part of all nodes or edges that are live.
#[tracing::instrument(name = "db.entities.live", skip_all)]
pub async fn live(t: &mut impl Tenant, kind: Kind, after: Option<Uuid>) -> Result<Part> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query!(
        r#"select id, pg_column_size(properties) as "bytes!" from entities
           where org_id = $1 and id > $2 and kind = $3 and state = 'live'
           order by id limit $4"#,
        org_id,
        after.unwrap_or_default(),
        kind.name(),
        PART,
    )
    .fetch_all(t.conn())
    .await?;
    Ok(part(rows.into_iter().map(|row| (row.id, Some(row.bytes)))))
}

/// These nodes as they are now. What a batch above `upto`, or one without a number yet, has changed since counts as
/// changed by `upto`: that batch says it again, with its own number.
#[tracing::instrument(name = "db.entities.nodes_now", skip_all)]
pub async fn nodes(
    t: &mut impl Tenant,
    ids: &[Uuid],
    upto: i64,
) -> Result<Vec<Change<NodeNow, NodeId>>> {
    let org_id = Uuid::from(t.org());
    // One by one: after a first sync the planner knows nothing of the table yet, and would read all nodes in order.
    let rows = sqlx::query_as!(
        NodeRow,
        r#"select e.id, e.realm, e.labels, e.sources, e.valid_from, e.recorded_at,
                  case when e.state = 'live' then e.properties end as properties,
                  least(coalesce(b.seq, $3), $3) as "version!"
           from unnest($2::uuid[]) as wanted (id)
           cross join lateral (
               select * from entities where org_id = $1 and id = wanted.id limit 1) e
           left join fact_batches b on b.id = e.batch_id
           where e.kind = 'node' order by e.id"#,
        org_id,
        ids,
        upto,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(NodeRow::change).collect()
}

/// These edges as they are now, but for those that a batch above `upto`, or one without a number yet, has changed
/// since: that batch says them again. So an edge that is given as live has live ends.
#[tracing::instrument(name = "db.entities.edges_now", skip_all)]
pub async fn edges(
    t: &mut impl Tenant,
    ids: &[Uuid],
    upto: i64,
) -> Result<Vec<Change<EdgeNow, EdgeId>>> {
    let org_id = Uuid::from(t.org());
    let rows = sqlx::query_as!(
        EdgeRow,
        r#"select e.id, e.realm, e.type as "edge_type!", e.from_id as "from_id!",
                  e.to_id as "to_id!", e.valid_from, e.recorded_at,
                  case when e.state = 'live' then e.properties end as properties,
                  b.seq as "version!"
           from unnest($2::uuid[]) as wanted (id)
           cross join lateral (
               select * from entities where org_id = $1 and id = wanted.id limit 1) e
           join fact_batches b on b.id = e.batch_id
           where e.kind = 'edge' and b.seq <= $3
           order by e.id"#,
        org_id,
        ids,
        upto,
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(EdgeRow::change).collect()
}

/// Takes those that have a weight, and cuts the list where they get too heavy.
fn part(rows: impl ExactSizeIterator<Item = (Uuid, Option<i32>)>) -> Part {
    let full = usize::try_from(PART).is_ok_and(|full| rows.len() >= full);
    let (mut ids, mut bytes, mut last) = (Vec::new(), 0, None);
    for (id, weight) in rows {
        if let Some(weight) = weight {
            bytes += i64::from(weight);
            if bytes > PART_BYTES && !ids.is_empty() {
                return Part { ids, after: last };
            }
            ids.push(id);
        }
        last = Some(id);
    }
    Part { ids, after: last.filter(|_| full) }
}

struct NodeRow {
    id: Uuid,
    realm: String,
    labels: Vec<String>,
    /// None unless it is live.
    properties: Option<Value>,
    sources: Value,
    valid_from: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    version: i64,
}

impl NodeRow {
    fn change(self) -> Result<Change<NodeNow, NodeId>> {
        let Some(properties) = self.properties else {
            return Ok(Change::Gone(self.id.into(), self.version));
        };
        let columns = Columns { table: "entities", id: self.id };
        Ok(Change::Live(NodeNow {
            id: self.id.into(),
            labels: rows::labels(self.labels),
            properties: columns.properties(properties)?,
            realm: columns.parse("realm", &self.realm)?,
            sources: columns.sources(&self.sources)?,
            valid_from: columns.required("valid_from", self.valid_from)?,
            recorded_at: columns.required("recorded_at", self.recorded_at)?,
            version: self.version,
        }))
    }
}

struct EdgeRow {
    id: Uuid,
    realm: String,
    edge_type: String,
    from_id: Uuid,
    to_id: Uuid,
    /// None unless it is live.
    properties: Option<Value>,
    valid_from: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    version: i64,
}

impl EdgeRow {
    fn change(self) -> Result<Change<EdgeNow, EdgeId>> {
        let Some(properties) = self.properties else {
            return Ok(Change::Gone(self.id.into(), self.version));
        };
        let columns = Columns { table: "entities", id: self.id };
        Ok(Change::Live(EdgeNow {
            id: self.id.into(),
            edge_type: text::unescape(self.edge_type),
            from: self.from_id.into(),
            to: self.to_id.into(),
            properties: columns.properties(properties)?,
            realm: columns.parse("realm", &self.realm)?,
            valid_from: columns.required("valid_from", self.valid_from)?,
            recorded_at: columns.required("recorded_at", self.recorded_at)?,
            version: self.version,
        }))
    }
}
