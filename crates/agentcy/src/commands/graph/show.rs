//! Parts of the graph as people read them.

use std::collections::{BTreeMap, HashMap};

use agentcy_sdk::{GraphCount, GraphStats, Node, Source, Subgraph};
use anyhow::Context;
use serde_json::Value;

use crate::{output, table};

/// The properties that tell people what a node is, the best first.
const NAMES: [&str; 7] = ["title", "path", "name", "subject", "email", "key", "id"];

/// What people call a node.
fn name(node: &Node) -> &str {
    let mut named = NAMES.iter().filter_map(|name| node.properties.get(*name)?.as_str());
    let external = || node.sources.first().map(|source| source.external_id.as_str());
    named.next().or_else(external).unwrap_or(&node.id)
}

/// A line a node.
pub(super) fn nodes<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> anyhow::Result<()> {
    table::print(
        ["ID", "LABELS", "NAME", "REALM"],
        nodes.into_iter().map(|node| {
            [node.id.clone(), node.labels.join(" "), name(node).to_owned(), node.realm.clone()]
        }),
    )
}

/// All that is known of one node.
pub(super) fn node(node: &Node) -> anyhow::Result<()> {
    let mut lines = vec![
        format!("{}  {}", name(node), node.id),
        format!("labels: {}", node.labels.join(", ")),
        format!("realm: {}", node.realm),
    ];
    lines.extend(node.degree.map(|degree| format!("edges: {degree}")));
    let moments = [
        ("valid from", node.valid_from),
        ("valid to", node.valid_to),
        ("recorded", node.recorded_at),
        ("archived", node.archived_at),
    ];
    let told = moments.iter().filter_map(|(what, at)| Some(format!("{what}: {}", (*at)?)));
    lines.extend(told);
    let sources = node.sources.iter();
    lines.extend(sources.map(|it| format!("source: {} as {}", it.source_id, it.external_id)));
    lines.push(String::new());
    lines.push(serde_json::to_string_pretty(&node.properties).context("the properties")?);
    output::print(&lines.join("\n"))
}

/// The nodes, and how they hang together.
pub(super) fn subgraph(found: &Subgraph) -> anyhow::Result<()> {
    if found.nodes.is_empty() {
        output::say("nothing is found");
        return Ok(());
    }
    nodes(&found.nodes)?;
    let names: HashMap<&str, &str> =
        found.nodes.iter().map(|node| (node.id.as_str(), name(node))).collect();
    let called = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
    if !found.edges.is_empty() {
        output::print("")?;
        let rows = found.edges.iter();
        table::print(
            ["FROM", "TYPE", "TO"],
            rows.map(|edge| [called(&edge.from), edge.edge_type.clone(), called(&edge.to)]),
        )?;
    }
    if found.truncated {
        output::say("there is more; --limit shows more");
    }
    Ok(())
}

/// A cell of an answer: a node and an edge by what they are called, all else as it is.
pub(super) fn cell(value: &Value) -> String {
    if let Value::String(text) = value {
        return text.clone();
    }
    if let Some(edge_type) = value.get("type").and_then(Value::as_str)
        && value.get("from").is_some()
        && value.get("to").is_some()
    {
        return format!("[:{edge_type}]");
    }
    if let Ok(node) = serde_json::from_value::<Node>(value.clone()) {
        return format!("({}:{})", name(&node), node.labels.join(":"));
    }
    value.to_string()
}

/// How much there is of what.
pub(super) fn stats(stats: &GraphStats, sources: &[Source]) -> anyhow::Result<()> {
    let names: HashMap<&str, &str> =
        sources.iter().map(|it| (it.id.as_str(), it.name.as_str())).collect();
    let called = |id: &String| names.get(id.as_str()).map_or(id.clone(), |&name| name.to_owned());
    output::print(&format!("{} nodes, {} edges", stats.nodes, stats.edges))?;
    one("LABEL", "NODES", &stats.labels)?;
    one("TYPE", "EDGES", &stats.types)?;
    both("REALM", stats.realms.iter().map(|(realm, count)| (realm.clone(), count)))?;
    both("SOURCE", stats.sources.iter().map(|(id, count)| (called(id), count)))?;
    if stats.waiting_edges > 0 {
        output::say(&format!("{} edges wait for one of their ends", stats.waiting_edges));
    }
    match &stats.projection {
        it if it.fault.is_some() => output::say(it.fault.as_deref().unwrap_or_default()),
        it if it.behind > 0 => output::say(&format!("graph queries are {} behind", it.behind)),
        _ => {}
    }
    Ok(())
}

fn one(what: &str, counted: &str, counts: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    output::print("")?;
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let rows = sorted.into_iter().map(|(name, count)| [name.clone(), count.to_string()]);
    table::print([what, counted], rows)
}

fn both<'a>(
    what: &str,
    counts: impl Iterator<Item = (String, &'a GraphCount)>,
) -> anyhow::Result<()> {
    let mut counts = counts.peekable();
    if counts.peek().is_none() {
        return Ok(());
    }
    output::print("")?;
    let rows = counts.map(|(name, count)| [name, count.nodes.to_string(), count.edges.to_string()]);
    table::print([what, "NODES", "EDGES"], rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_calls_nodes_and_edges_by_what_they_are() {
        let node = json!({ "id": "n_1", "labels": ["File"], "properties": { "path": "a.rs" }, "realm": "crm" });
        let edge =
            json!({ "id": "e_1", "type": "HAS", "from": "n_1", "to": "n_2", "realm": "crm" });
        assert_eq!(cell(&node), "(a.rs:File)");
        assert_eq!(cell(&edge), "[:HAS]");
        assert_eq!([cell(&json!(7)), cell(&json!("x")), cell(&json!(null))], ["7", "x", "null"]);
    }
}
