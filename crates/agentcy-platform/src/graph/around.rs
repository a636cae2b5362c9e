//! What lies around nodes: the present from the engine, every other moment from the ledger.

use std::time::Instant;

use agentcy_core::{Action, By, Caller};
use agentcy_graph::{self as engine, Direction, Scope};
use agentcy_store::ledger::{EdgeState, Moment, NodeState, Provenance, SourceRef, past, read};

use super::{
    Expand, Hop, MOST_NEIGHBOURS, MOST_NODES, MOST_STARTS, Neighbours, Subgraph, check_names,
    no_node, within,
};
use crate::{Platform, Result, error::Faults, projection};

/// How many edges one step of an expand looks at.
const MOST_WORK: usize = 100_000;

/// The neighbours of a node, by type and direction. Errors: `not_found`, `invalid`.
pub async fn neighbours(platform: &Platform, caller: &Caller, hop: Hop) -> Result<Neighbours> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let limit = within(hop.limit, 100, MOST_NEIGHBOURS, "limit")?;
    let mut faults = Faults::default();
    check_names(&hop.types, "type", &mut faults);
    faults.into_result()?;
    let mut reader = platform.db.read(&by).await?;
    let known = read::nodes(&mut reader, by.realms(), &[hop.node], hop.moment).await?;
    known.first().ok_or_else(no_node)?;
    drop(reader);
    if !is_past(hop.moment) {
        let ask =
            engine::Hop { node: hop.node, direction: hop.direction, kinds: &hop.types, limit };
        let asked = platform.graph.neighbours(scope(&by), ask);
        if let Some(found) = if_whole(platform, &by, asked).await?.transpose()? {
            let pair = |near: engine::Neighbour| (edge_state(near.edge), node_state(near.node));
            let items = found.items.into_iter().map(pair).collect();
            return Ok(Neighbours { items, truncated: found.truncated });
        }
    }
    let mut reader = platform.db.read(&by).await?;
    let direction = in_past(hop.direction);
    let ask = past::Hop { node: hop.node, direction, types: &hop.types, limit };
    let found = past::neighbours(&mut reader, by.realms(), &ask, hop.moment).await?;
    Ok(Neighbours { items: found.items, truncated: found.truncated })
}

/// Everything within some steps of some nodes; those that the caller does not see are left out. Errors: `invalid`.
pub async fn expand(platform: &Platform, caller: &Caller, ask: Expand) -> Result<Subgraph> {
    let by = platform.permit(caller, Action::GraphRead).await?;
    let mut faults = Faults::default();
    let starts = ask.nodes.len();
    faults.require((1..=MOST_STARTS).contains(&starts), "node_ids", "1 to 100 nodes");
    let depth = usize::from(ask.depth.unwrap_or(1));
    faults.require((1..=4).contains(&depth), "depth", "is 1 to 4");
    check_names(&ask.types, "types", &mut faults);
    check_names(&ask.labels, "labels", &mut faults);
    faults.into_result()?;
    let limit = within(ask.limit, 200, MOST_NODES, "limit")?;
    let begun = Instant::now();
    let mut found = None;
    if !is_past(ask.moment) {
        found = of_engine(platform, &by, &ask, depth, limit).await?;
    }
    let mut found = match found {
        Some(found) => found,
        None => of_ledger(platform, &by, &ask, depth, limit).await?,
    };
    found.took = begun.elapsed();
    Ok(found)
}

async fn of_engine(
    platform: &Platform,
    by: &By,
    ask: &Expand,
    depth: usize,
    limit: usize,
) -> Result<Option<Subgraph>> {
    let present = engine::Expand {
        nodes: &ask.nodes,
        depth,
        direction: ask.direction,
        kinds: &ask.types,
        labels: &ask.labels,
        limit,
        work: MOST_WORK,
    };
    let asked = platform.graph.expand(scope(by), present);
    let found = if_whole(platform, by, asked).await?.transpose()?;
    Ok(found.map(|found| Subgraph {
        nodes: found.nodes.into_iter().map(node_state).collect(),
        edges: found.edges.into_iter().map(edge_state).collect(),
        truncated: found.truncated,
        ..Subgraph::default()
    }))
}

async fn of_ledger(
    platform: &Platform,
    by: &By,
    ask: &Expand,
    depth: usize,
    limit: usize,
) -> Result<Subgraph> {
    let mut reader = platform.db.read(by).await?;
    let past = past::Expand {
        nodes: &ask.nodes,
        depth,
        direction: in_past(ask.direction),
        types: &ask.types,
        labels: &ask.labels,
        limit,
    };
    let found = past::expand(&mut reader, by.realms(), &past, ask.moment).await?;
    Ok(Subgraph {
        nodes: found.nodes,
        edges: found.edges,
        truncated: found.truncated,
        ..Subgraph::default()
    })
}

/// What the engine answers, unless its graph is made anew before or meanwhile. The ledger knows the same and is slower.
pub(super) async fn if_whole<T>(
    platform: &Platform,
    by: &By,
    asked: impl Future<Output = engine::Result<T>>,
) -> Result<Option<engine::Result<T>>> {
    if !projection::is_whole(platform, by).await? {
        return Ok(None);
    }
    let answer = asked.await;
    let was_whole = !projection::is_rebuilding(platform, by).await?;
    Ok(was_whole.then_some(answer))
}

const fn is_past(moment: Moment) -> bool {
    moment.as_of.is_some() || moment.known_at.is_some()
}

const fn in_past(direction: Direction) -> past::Direction {
    match direction {
        Direction::Out => past::Direction::Out,
        Direction::In => past::Direction::In,
        Direction::Both => past::Direction::Both,
    }
}

pub(super) fn scope(by: &By) -> Scope<'_> {
    Scope { org: by.org_id(), realms: by.realms() }
}

/// A node of the engine in the words of the ledger.
pub(super) fn node_state(node: engine::Node) -> NodeState {
    let source = |source: engine::SourceRef| {
        let source_id = source.source_id.parse().ok()?;
        Some(SourceRef { source_id, external_id: source.external_id })
    };
    NodeState {
        id: node.id,
        labels: node.labels,
        properties: node.properties,
        realm: node.realm,
        sources: node.sources.into_iter().filter_map(source).collect(),
        provenance: Provenance::new(),
        valid_from: node.valid_from,
        valid_to: None,
        recorded_at: node.recorded_at,
        archived_at: None,
    }
}

/// An edge of the engine in the words of the ledger.
pub(super) fn edge_state(edge: engine::Edge) -> EdgeState {
    EdgeState {
        id: edge.id,
        edge_type: edge.kind,
        from: edge.from,
        to: edge.to,
        properties: edge.properties,
        realm: edge.realm,
        valid_from: edge.valid_from,
        valid_to: None,
        recorded_at: edge.recorded_at,
    }
}
