//! How things hung together at a moment: neighbours, walks and degrees from the facts that were seen then.
//!
//! A walk is one statement a step, whatever the number of nodes, and looks at no more edges than it is given work.

use agentcy_core::{Realms, id::NodeId, page::TOTAL_CAP};
use sqlx::types::Uuid;

use super::{
    EdgeState, Moment, NodeState,
    rows::{kept, slugs},
    then,
};
use crate::{Result, Tenant};

/// How many versions of edges are looked at for one step at most, so that no hub makes it long.
const WORK: i64 = 100_000;

/// Which way edges are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the node.
    Out,
    /// To the node.
    In,
    /// Either way.
    Both,
}

impl Direction {
    fn is_out(self) -> bool {
        self != Self::In
    }

    fn is_in(self) -> bool {
        self != Self::Out
    }
}

/// A question for the neighbours of a node.
#[derive(Debug, Clone)]
pub struct Hop<'a> {
    /// The node.
    pub node: NodeId,
    /// Which way.
    pub direction: Direction,
    /// Only edges of these types; all when empty.
    pub types: &'a [String],
    /// How many at most.
    pub limit: usize,
}

/// Neighbours in the order of node ids, then edge ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    /// An edge and the node at its other end, at most as many as asked.
    pub items: Vec<(EdgeState, NodeState)>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A question for what hangs together with some nodes.
#[derive(Debug, Clone)]
pub struct Expand<'a> {
    /// Where to start. Those that are seen are in the answer whatever their labels.
    pub nodes: &'a [NodeId],
    /// How many hops away at most.
    pub depth: usize,
    /// Which way.
    pub direction: Direction,
    /// Only edges of these types; all when empty.
    pub types: &'a [String],
    /// Only nodes with one of these labels are entered; all when empty.
    pub labels: &'a [String],
    /// How many nodes at most.
    pub limit: usize,
}

/// Nodes and what is between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subgraph {
    /// The nodes: the nearest first, those equally near by id.
    pub nodes: Vec<NodeState>,
    /// Every edge of the types asked for between two of the nodes, by id.
    pub edges: Vec<EdgeState>,
    /// Whether something was left out for its number.
    pub truncated: bool,
}

/// The neighbours that a node had at a moment; none of a node that was not seen then.
#[tracing::instrument(name = "db.facts.neighbours", skip_all)]
pub async fn neighbours(
    t: &mut impl Tenant,
    realms: &Realms,
    hop: &Hop<'_>,
    moment: Moment,
) -> Result<Neighbours> {
    if live(t, realms, &[hop.node], moment).await?.is_empty() {
        return Ok(Neighbours::default());
    }
    let limit = i64::try_from(hop.limit).unwrap_or(WORK).min(WORK);
    let found = pairs(t, realms, hop, limit + 1, moment).await?;
    let truncated = found.exhausted || found.pairs.len() > hop.limit;
    let pairs = found.pairs.get(..hop.limit).unwrap_or(&found.pairs);
    let others: Vec<NodeId> = pairs.iter().map(|pair| pair.other.into()).collect();
    let facts: Vec<i64> = pairs.iter().flat_map(|pair| pair.facts.iter().copied()).collect();
    let nodes = live(t, realms, &others, moment).await?;
    let edges = then::edges(t, realms, &facts, moment).await?;
    let items = pairs.iter().filter_map(|pair| {
        let edge = edges.binary_search_by_key(&pair.edge, |edge| edge.id.into()).ok()?;
        let node = nodes.binary_search_by_key(&pair.other, |node| node.id.into()).ok()?;
        Some((edges.get(edge)?.clone(), nodes.get(node)?.clone()))
    });
    Ok(Neighbours { items: items.collect(), truncated })
}

/// Walks outward from some nodes as they hung together at a moment, breadth first, and reads what is between all that
/// it met.
#[tracing::instrument(name = "db.facts.expand", skip_all)]
pub async fn expand(
    t: &mut impl Tenant,
    realms: &Realms,
    ask: &Expand<'_>,
    moment: Moment,
) -> Result<Subgraph> {
    let start = live(t, realms, ask.nodes, moment).await?;
    let mut met: Vec<Uuid> = start.iter().map(|node| node.id.into()).collect();
    let mut truncated = met.len() > ask.limit;
    met.truncate(ask.limit);
    let mut inside = 0;
    for _ in 0..ask.depth {
        let frontier = met.get(inside..).unwrap_or_default();
        if frontier.is_empty() {
            break;
        }
        let found = level(t, realms, ask, frontier, &met, moment).await?;
        inside = met.len();
        let room = ask.limit.saturating_sub(inside);
        truncated |= found.exhausted || found.ids.len() > room;
        met.extend(found.ids.into_iter().take(room));
    }
    let between = between(t, &met, ask.types, moment).await?;
    let ids: Vec<NodeId> = met.into_iter().map(NodeId::from).collect();
    let states = live(t, realms, &ids, moment).await?;
    let nodes = ids.iter().filter_map(|id| {
        let place = states.binary_search_by_key(id, |node| node.id).ok()?;
        states.get(place).cloned()
    });
    Ok(Subgraph {
        nodes: nodes.collect(),
        edges: then::edges(t, realms, &between.ids, moment).await?,
        truncated: truncated || between.exhausted,
    })
}

/// How many edges a node that was seen at a moment had then; a loop is one.
pub(super) async fn degree(
    t: &mut impl Tenant,
    realms: &Realms,
    node: NodeId,
    moment: Moment,
) -> Result<i64> {
    let hop = Hop { node, direction: Direction::Both, types: &[], limit: usize::MAX };
    let found = pairs(t, realms, &hop, TOTAL_CAP + 1, moment).await?;
    Ok(i64::try_from(found.pairs.len()).unwrap_or(TOTAL_CAP + 1))
}

/// Those of these nodes that were seen at a moment, in the order of ids.
async fn live(
    t: &mut impl Tenant,
    realms: &Realms,
    ids: &[NodeId],
    moment: Moment,
) -> Result<Vec<NodeState>> {
    let mut nodes = then::nodes(t, realms, ids, moment).await?;
    nodes.retain(|node| node.archived_at.is_none());
    Ok(nodes)
}

/// What a step found, and whether it stopped for its work.
struct Found<T> {
    ids: Vec<T>,
    exhausted: bool,
}

struct Pairs {
    pairs: Vec<Pair>,
    exhausted: bool,
}

/// An edge of a node, the facts that tell of it, and the node at its other end.
struct Pair {
    other: Uuid,
    edge: Uuid,
    facts: Vec<i64>,
}

async fn pairs(
    t: &mut impl Tenant,
    realms: &Realms,
    hop: &Hop<'_>,
    limit: i64,
    moment: Moment,
) -> Result<Pairs> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let rows = sqlx::query!(
        r#"with looked as materialized (
               select * from (
                   select id, entity_id, to_id as other, type, valid_from, valid_to, recorded_at,
                       ended_at, superseded_at
                   from facts where $3 and org_id = $1 and kind = 'edge' and from_id = $2
                   union all
                   select id, entity_id, from_id, type, valid_from, valid_to, recorded_at,
                       ended_at, superseded_at
                   from facts where $4 and org_id = $1 and kind = 'edge' and to_id = $2
               ) edge
               limit $10
           ), pairs as (
               select l.other, l.entity_id as edge, array_agg(distinct l.id) as facts
               from looked l join entities e on e.org_id = $1 and e.id = l.entity_id
               where fact_shows(l.valid_from, l.valid_to, l.recorded_at, l.ended_at,
                       l.superseded_at, $7, $8)
                   and (cardinality($5::text[]) = 0 or l.type = any($5))
                   and ($6::text[] is null or e.realm = any($6))
               group by 1, 2 order by 1, 2
           )
           select w.count > $10 - 1 as "exhausted!", p.other as "other?", p.edge as "edge?",
                  p.facts as "facts?"
           from (select count(*) from looked) w
           left join (
               select p.* from pairs p
               cross join lateral (
                   select from facts n join entities e on e.org_id = n.org_id and e.id = n.entity_id
                   where n.org_id = $1 and n.entity_id = p.other and n.kind = 'node'
                       and fact_shows(n.valid_from, n.valid_to, n.recorded_at, n.ended_at,
                           n.superseded_at, $7, $8)
                       and ($6::text[] is null or e.realm = any($6))
                   limit 1
               ) seen
               limit $9
           ) p on true
           order by p.other, p.edge"#,
        org_id,
        Uuid::from(hop.node),
        hop.direction.is_out(),
        hop.direction.is_in(),
        &kept(hop.types),
        realms.as_deref(),
        moment.as_of,
        moment.known_at,
        limit,
        WORK + 1,
    )
    .fetch_all(t.conn())
    .await?;
    let exhausted = rows.first().is_some_and(|row| row.exhausted);
    let pair = |other, edge, facts| Some(Pair { other: other?, edge: edge?, facts: facts? });
    let pairs = rows.into_iter().filter_map(|row| pair(row.other, row.edge, row.facts));
    Ok(Pairs { pairs: pairs.collect(), exhausted })
}

/// The nodes one step away from some that were not met yet, by id; one more than there is room for tells of more.
async fn level(
    t: &mut impl Tenant,
    realms: &Realms,
    ask: &Expand<'_>,
    frontier: &[Uuid],
    met: &[Uuid],
    moment: Moment,
) -> Result<Found<Uuid>> {
    let org_id = Uuid::from(t.org());
    let realms = slugs(realms);
    let room = i64::try_from(ask.limit.saturating_sub(met.len())).unwrap_or(WORK).min(WORK);
    let row = sqlx::query!(
        r#"with looked as materialized (
               select * from (
                   select entity_id, to_id as other, type, valid_from, valid_to, recorded_at,
                       ended_at, superseded_at
                   from facts where $3 and org_id = $1 and kind = 'edge' and from_id = any($2)
                   union all
                   select entity_id, from_id, type, valid_from, valid_to, recorded_at,
                       ended_at, superseded_at
                   from facts where $4 and org_id = $1 and kind = 'edge' and to_id = any($2)
               ) edge
               limit $12
           ), others as (
               select distinct l.other from looked l
               where fact_shows(l.valid_from, l.valid_to, l.recorded_at, l.ended_at,
                       l.superseded_at, $8, $9)
                   and (cardinality($5::text[]) = 0 or l.type = any($5))
                   and l.other not in (select unnest($10::uuid[]))
                   and ($7::text[] is null or exists (
                       select from entities e
                       where e.org_id = $1 and e.id = l.entity_id and e.realm = any($7)))
               order by l.other
           )
           select (select count(*) from looked) > $12 - 1 as "exhausted!", array(
               select o.other from others o
               cross join lateral (
                   select from facts n join entities e on e.org_id = n.org_id and e.id = n.entity_id
                   where n.org_id = $1 and n.entity_id = o.other and n.kind = 'node'
                       and fact_shows(n.valid_from, n.valid_to, n.recorded_at, n.ended_at,
                           n.superseded_at, $8, $9)
                       and (cardinality($6::text[]) = 0 or n.labels && $6)
                       and ($7::text[] is null or e.realm = any($7))
                   limit 1
               ) seen
               limit $11
           ) as "ids!""#,
        org_id,
        frontier,
        ask.direction.is_out(),
        ask.direction.is_in(),
        &kept(ask.types),
        &kept(ask.labels),
        realms.as_deref(),
        moment.as_of,
        moment.known_at,
        met,
        room + 1,
        WORK + 1,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(Found { ids: row.ids, exhausted: row.exhausted })
}

/// The facts of the edges from one of the nodes to another.
async fn between(
    t: &mut impl Tenant,
    nodes: &[Uuid],
    types: &[String],
    moment: Moment,
) -> Result<Found<i64>> {
    let org_id = Uuid::from(t.org());
    let row = sqlx::query!(
        r#"with looked as materialized (
               select id, to_id, type, valid_from, valid_to, recorded_at, ended_at, superseded_at
               from facts where org_id = $1 and kind = 'edge' and from_id = any($2)
               limit $6
           )
           select (select count(*) from looked) > $6 - 1 as "exhausted!", array(
               select l.id from looked l
               where l.to_id in (select unnest($2::uuid[]))
                   and (cardinality($3::text[]) = 0 or l.type = any($3))
                   and fact_shows(l.valid_from, l.valid_to, l.recorded_at, l.ended_at,
                       l.superseded_at, $4, $5)
           ) as "ids!""#,
        org_id,
        nodes,
        &kept(types),
        moment.as_of,
        moment.known_at,
        WORK + 1,
    )
    .fetch_one(t.conn())
    .await?;
    Ok(Found { ids: row.ids, exhausted: row.exhausted })
}
