//! How two things hang together.

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;

use super::around::cypher;
use crate::builtin::{
    find,
    node::{Around, Edge, Node},
    plan::{Failure, Next, Plan},
    question::Name,
    text::plain,
};

/// How far is looked from each end; together 4 steps.
const REACH: u8 = 2;

const SHORTEST: &str =
    "MATCH p = shortestPath((a {_id: $from})-[*1..4]-(b {_id: $to})) RETURN p LIMIT 1";

pub(super) fn path(plan: &mut Plan<'_>, from: &Name, to: &Name) -> Result<String, Next> {
    let (from, to) = find::two(plan, from, to)?;
    if from.id == to.id {
        return Ok(format!("Both names mean {}.", from.told()));
    }
    let expand = |node: &Node| ("expand_node", json!({ "node_id": node.id, "depth": REACH }));
    let [one, other] = plan.ask([expand(&from), expand(&to)])?;
    let failed = |failure: Failure| Next::Say(failure.said("expand_node"));
    let (mut around, other) =
        (Around::read(&one.map_err(failed)?), Around::read(&other.map_err(failed)?));
    let truncated = around.truncated || other.truncated;
    around.nodes.extend(other.nodes);
    around.edges.extend(other.edges);
    if let Some(steps) = walk(&around, &from.id, &to.id) {
        return Ok(told(&around, &from, &to, &steps));
    }
    if truncated {
        let rows = cypher(plan, SHORTEST, &json!({ "from": from.id, "to": to.id }))?;
        if let Some(path) = rows.as_ref().and_then(|rows| rows.first()?.first()) {
            let around = Around::read(path);
            if let Some(steps) = walk(&around, &from.id, &to.id) {
                return Ok(told(&around, &from, &to, &steps));
            }
        }
        if rows.is_none() {
            let text = "in what I could read of the graph around them; there is more than that";
            return Ok(format!("I found no way between {} and {} {text}.", from.told(), to.told()));
        }
    }
    Ok(format!("There is no way of up to 4 steps between {} and {}.", from.told(), to.told()))
}

/// The edges of a shortest way.
fn walk<'a>(around: &'a Around, from: &'a str, to: &str) -> Option<Vec<&'a Edge>> {
    let mut by: BTreeMap<&str, Option<&Edge>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            let mut steps = Vec::new();
            let mut at = at;
            while let Some(edge) = by.get(at).copied().flatten() {
                steps.push(edge);
                at = if edge.to == at { &edge.from } else { &edge.to };
            }
            steps.reverse();
            return Some(steps);
        }
        for edge in &around.edges {
            let next = match at {
                at if edge.from == at => &edge.to,
                at if edge.to == at => &edge.from,
                _ => continue,
            };
            if around.nodes.contains_key(next) && !by.contains_key(next.as_str()) {
                by.insert(next, Some(edge));
                open.push_back(next);
            }
        }
    }
    None
}

fn told(around: &Around, from: &Node, to: &Node, steps: &[&Edge]) -> String {
    let many = if steps.len() == 1 { "1 step" } else { &format!("{} steps", steps.len()) };
    let mut lines = vec![format!("{} and {} are connected in {many}:\n", from.told(), to.told())];
    let name = |id: &str| around.nodes.get(id).map_or(String::new(), Node::link);
    for (at, edge) in steps.iter().enumerate() {
        let (one, other, kind) = (name(&edge.from), name(&edge.to), plain(&edge.kind, 80));
        lines.push(format!("{}. {one} leads to {other} by `{kind}`", at + 1));
    }
    lines.join("\n")
}
