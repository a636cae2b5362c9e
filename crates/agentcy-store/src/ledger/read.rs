//! Nodes by their ids: as they are, or as they were at a moment.

use std::collections::HashMap;

use agentcy_core::{Realms, Timestamp, id::NodeId, page::TOTAL_CAP};
use serde_json::Value;
use sqlx::types::Uuid;

use super::{
    Moment, NodeState, past,
    rows::{Columns, labels, slugs, uuids},
    then,
};
use crate::{Error, Result, Tenant};

/// A node, and how many edges are at it.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeDetail {
    /// The node.
    pub node: NodeState,
    /// How many edges are seen at it; a loop is one. `TOTAL_CAP + 1` means more than the cap, as in lists.
    pub degree: i64,
}

/// A node of the caller's realms. One that is over is as it last was, with `archived_at`; one of which only an edge
/// spoke so far is as unknown.
#[tracing::instrument(name = "db.entities.node", skip_all)]
pub async fn node(
    t: &mut impl Tenant,
    realms: &Realms,
    id: NodeId,
    moment: Moment,
) -> Result<Option<NodeDetail>> {
    let Some(node) = nodes(t, realms, &[id], moment).await?.pop() else { return Ok(None) };
    let degree = match node.archived_at {
        Some(_) => 0,
        None if moment == Moment::default() => degree(t, realms, id).await?,
        None => past::degree(t, realms, id, moment).await?,
    };
    Ok(Some(NodeDetail { node, degree }))
}

/// Those of these nodes that [`node`] would find, in the order of the ids; each once.
#[tracing::instrument(name = "db.entities.nodes", skip_all)]
pub async fn nodes(
    t: &mut impl Tenant,
    realms: &Realms,
    ids: &[NodeId],
    moment: Moment,
) -> Result<Vec<NodeState>> {
    let found = if moment == Moment::default() {
        present(t, realms, ids).await?
    } else {
        then::nodes(t, realms, ids, moment).await?
    };
    let mut found: HashMap<NodeId, NodeState> =
        found.into_iter().map(|node| (node.id, node)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

async fn present(t: &mut impl Tenant, realms: &Realms, ids: &[NodeId]) -> Result<Vec<NodeState>> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let rows = sqlx::query_as!(
        NodeRow,
        r#"select e.id, e.realm, e.labels, e.properties, e.sources, e.provenance,
                  e.valid_from, e.recorded_at, e.archived_at,
                  case when e.state = 'archived' then (
                      select max(f.valid_to) from facts f
                      where f.org_id = e.org_id and f.entity_id = e.id and f.superseded_at is null
                  ) end as valid_to
           from entities e
           where e.org_id = $1 and e.id = any($2) and e.kind = 'node'
               and e.state in ('live', 'archived') and ($3::text[] is null or e.realm = any($3))"#,
        org_id,
        &uuids(ids),
        realms.as_deref(),
    )
    .fetch_all(t.conn())
    .await?;
    rows.into_iter().map(NodeState::try_from).collect()
}

async fn degree(t: &mut impl Tenant, realms: &Realms, id: NodeId) -> Result<i64> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    // A live edge has live ends, so the other one is looked at for its realm alone.
    let degree = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from (
                   select e.realm, e.to_id as other from entities e
                   where e.org_id = $1 and e.from_id = $2 and e.kind = 'edge' and e.state = 'live'
                   union all
                   select e.realm, e.from_id from entities e
                   where e.org_id = $1 and e.to_id = $2 and e.kind = 'edge' and e.state = 'live'
                       and e.from_id <> $2
               ) edge
               where $3::text[] is null
                   or edge.realm = any($3) and exists (
                       select from entities n
                       where n.org_id = $1 and n.id = edge.other and n.realm = any($3))
               limit $4
           ) counted"#,
        org_id,
        Uuid::from(id),
        realms.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(degree)
}

struct NodeRow {
    id: Uuid,
    realm: String,
    labels: Vec<String>,
    properties: Value,
    sources: Value,
    provenance: Value,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    archived_at: Option<Timestamp>,
}

impl TryFrom<NodeRow> for NodeState {
    type Error = Error;

    fn try_from(row: NodeRow) -> Result<Self> {
        let columns = Columns { table: "entities", id: row.id };
        Ok(Self {
            id: row.id.into(),
            labels: labels(row.labels),
            properties: columns.properties(row.properties)?,
            realm: columns.parse("realm", &row.realm)?,
            sources: columns.sources(&row.sources)?,
            provenance: columns.provenance(row.provenance)?,
            valid_from: columns.required("valid_from", row.valid_from)?,
            valid_to: row.valid_to,
            recorded_at: columns.required("recorded_at", row.recorded_at)?,
            archived_at: row.archived_at,
        })
    }
}
