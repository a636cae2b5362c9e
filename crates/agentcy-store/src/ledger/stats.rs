//! How much there is now, by label, type, realm and source.

use std::collections::BTreeMap;

use agentcy_core::{Realm, Realms, id::SourceId};
use sqlx::types::Uuid;

use super::{
    rows::{Columns, slugs},
    text, waiting,
};
use crate::{Result, Tenant};

/// How many labels and how many types are told apart, the most frequent ones.
const NAMES: i64 = 1_000;

/// Counts of what a caller sees. An edge is seen with both of its ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Nodes by label, the most frequent first; a node counts for each of its labels.
    pub labels: Vec<(String, i64)>,
    /// Edges by type, the most frequent first.
    pub types: Vec<(String, i64)>,
    /// By realm.
    pub realms: BTreeMap<Realm, Count>,
    /// By source: what it speaks of. What two sources share counts for both.
    pub sources: BTreeMap<SourceId, Count>,
    /// All together.
    pub total: Count,
    /// Edges that wait for an end, up to one more than lists count.
    pub waiting: i64,
}

/// Of nodes and of edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Live nodes.
    pub nodes: i64,
    /// Live edges.
    pub edges: i64,
}

/// Counts everything in the caller's realms.
#[tracing::instrument(name = "db.entities.stats", skip_all)]
pub async fn stats(t: &mut impl Tenant, realms: &Realms) -> Result<Stats> {
    let mut stats = entities(t, realms).await?;
    stats.waiting = waiting::count(t, realms).await?;
    sources(t, realms, &mut stats).await?;
    Ok(stats)
}

/// Counts nodes and edges alone, not of which sources they are, and nothing that waits.
#[tracing::instrument(name = "db.entities.count", skip_all)]
pub async fn entities(t: &mut impl Tenant, realms: &Realms) -> Result<Stats> {
    let mut stats = Stats::default();
    nodes(t, realms, &mut stats).await?;
    edges(t, realms, &mut stats).await?;
    Ok(stats)
}

async fn nodes(t: &mut impl Tenant, realms: &Realms, stats: &mut Stats) -> Result<()> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let rows = sqlx::query!(
        r#"with found as materialized (
               select realm, labels, count(*) as count from entities
               where org_id = $1 and kind = 'node' and state = 'live'
                   and ($2::text[] is null or realm = any($2))
               group by realm, labels
           )
           select true as "is_realm!", realm as "name!", sum(count)::bigint as "count!"
           from found group by realm
           union all (
               select false, label, sum(count)::bigint from found cross join unnest(labels) label
               group by label order by 3 desc, 2 limit $3)"#,
        org_id,
        realms.as_deref(),
        NAMES,
    )
    .fetch_all(t.conn())
    .await?;
    for row in rows {
        if row.is_realm {
            let realm = Columns { table: "entities", id: org_id }.parse("realm", &row.name)?;
            stats.realms.entry(realm).or_default().nodes = row.count;
            stats.total.nodes += row.count;
        } else {
            stats.labels.push((text::unescape(row.name), row.count));
        }
    }
    Ok(())
}

async fn edges(t: &mut impl Tenant, realms: &Realms, stats: &mut Stats) -> Result<()> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    // Who sees all realms sees all ends of live edges, and an index alone tells.
    let rows: Vec<Edges> = if realms.is_none() {
        sqlx::query_as!(
            Edges,
            r#"select realm, type as "edge_type!", count(*) as "count!" from entities
               where org_id = $1 and kind = 'edge' and state = 'live'
               group by realm, type"#,
            org_id,
        )
        .fetch_all(t.conn())
        .await?
    } else {
        sqlx::query_as!(
            Edges,
            r#"select e.realm, e.type as "edge_type!", count(*) as "count!"
               from entities e
               join entities f on f.org_id = $1 and f.id = e.from_id and f.realm = any($2)
               join entities t on t.org_id = $1 and t.id = e.to_id and t.realm = any($2)
               where e.org_id = $1 and e.kind = 'edge' and e.state = 'live' and e.realm = any($2)
               group by e.realm, e.type"#,
            org_id,
            realms.as_deref(),
        )
        .fetch_all(t.conn())
        .await?
    };
    let mut types: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let realm = Columns { table: "entities", id: org_id }.parse("realm", &row.realm)?;
        stats.realms.entry(realm).or_default().edges += row.count;
        stats.total.edges += row.count;
        *types.entry(row.edge_type).or_default() += row.count;
    }
    let mut types: Vec<(String, i64)> = types.into_iter().collect();
    types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    types.truncate(usize::try_from(NAMES).unwrap_or(usize::MAX));
    stats.types = types.into_iter().map(|(name, count)| (text::unescape(name), count)).collect();
    Ok(())
}

struct Edges {
    realm: String,
    edge_type: String,
    count: i64,
}

async fn sources(t: &mut impl Tenant, realms: &Realms, stats: &mut Stats) -> Result<()> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    // The index of open facts alone tells how many there are; of whose kind each asserter is, one of them does.
    let rows: Vec<Spoken> = if realms.is_none() {
        sqlx::query_as!(
            Spoken,
            r#"with open as materialized (
                   select asserter_id, kind, count(*) as count from facts
                   where org_id = $1 and valid_to is null and superseded_at is null
                   group by asserter_id, kind
               ), waiting as (
                   select f.asserter_id, f.kind, count(*) as count
                   from entities e join facts f on f.org_id = $1 and f.entity_id = e.id
                       and f.valid_to is null and f.superseded_at is null
                   where e.org_id = $1 and e.kind = 'edge' and e.state = 'waiting'
                   group by f.asserter_id, f.kind
               )
               select o.asserter_id as "source_id!", o.kind as "kind!",
                      o.count - coalesce(w.count, 0) as "count!"
               from open o left join waiting w using (asserter_id, kind)
               where 'source' = (
                   select f.asserter_kind from facts f
                   where f.org_id = $1 and f.asserter_id = o.asserter_id and f.kind = o.kind
                       and f.valid_to is null and f.superseded_at is null
                   limit 1)"#,
            org_id,
        )
        .fetch_all(t.conn())
        .await?
    } else {
        sqlx::query_as!(
            Spoken,
            r#"select f.asserter_id as source_id, f.kind, count(*) as "count!"
               from facts f
               join entities e on e.org_id = $1 and e.id = f.entity_id and e.state = 'live'
                   and e.realm = any($2)
               left join entities a on a.org_id = $1 and a.id = e.from_id and a.realm = any($2)
               left join entities b on b.org_id = $1 and b.id = e.to_id and b.realm = any($2)
               where f.org_id = $1 and f.asserter_kind = 'source'
                   and f.valid_to is null and f.superseded_at is null
                   and (f.kind = 'node' or a.id is not null and b.id is not null)
               group by f.asserter_id, f.kind"#,
            org_id,
            realms.as_deref(),
        )
        .fetch_all(t.conn())
        .await?
    };
    for row in rows {
        let count = stats.sources.entry(row.source_id.into()).or_default();
        match row.kind.as_str() {
            "node" => count.nodes = row.count,
            _ => count.edges = row.count,
        }
    }
    Ok(())
}

struct Spoken {
    source_id: Uuid,
    kind: String,
    count: i64,
}
