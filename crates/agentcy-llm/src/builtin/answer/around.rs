//! What something is, since when, and what it is connected to.

use serde_json::{Value, json};

use crate::builtin::{
    find,
    node::{Around, Group, Node, groups, one, some},
    plan::{Next, Plan},
    question::Name,
    text::{and, bullets, number, plain, shown},
    when::written,
};

/// How many kinds of connections are told, and how many nodes of each.
const GROUPS: usize = 12;
const EACH: usize = 6;
/// How many properties are told.
const PROPERTIES: usize = 12;

/// What lies within some steps of a node.
pub(super) fn expand(plan: &mut Plan<'_>, node: &Node, depth: u8) -> Result<Around, Next> {
    let found = plan.need("expand_node", json!({ "node_id": node.id, "depth": depth }))?;
    Ok(Around::read(&found))
}

/// Rows of a query; `None` where raw Cypher is not to be had, or does not help.
pub(super) fn cypher(
    plan: &mut Plan<'_>,
    query: &str,
    params: &Value,
) -> Result<Option<Vec<Vec<Value>>>, Next> {
    let [outcome] = plan.ask([("run_cypher", json!({ "query": query, "params": params }))])?;
    Ok(outcome.ok().and_then(|table| rows(&table)))
}

/// The rows of a table.
pub(super) fn rows(table: &Value) -> Option<Vec<Vec<Value>>> {
    let rows = table.get("rows")?.as_array()?;
    Some(rows.iter().filter_map(|row| row.as_array().cloned()).collect())
}

/// Nodes with a number behind each, as rows have them.
pub(super) fn counts(rows: &[Vec<Value>]) -> Vec<(Node, usize)> {
    let pair = |row: &Vec<Value>| Some((one(row.first()?)?, number(row.get(1))?));
    rows.iter().filter_map(pair).collect()
}

pub(super) fn connected(plan: &mut Plan<'_>, name: &Name) -> Result<String, Next> {
    let node = find::node(plan, name)?;
    let around = expand(plan, &node, 1)?;
    let links = around.links(&node.id);
    if links.is_empty() {
        return Ok(format!("{} is connected to nothing that I may see.", node.told()));
    }
    let others = around.nodes.len().saturating_sub(1);
    let least = if around.truncated { "at least " } else { "" };
    let things = if others == 1 { "thing" } else { "things" };
    let head = format!("{} is connected to {least}{others} {things}", node.told());
    let groups = groups(&links);
    let told = groups.iter().take(GROUPS);
    let told = told.map(|group| format!("{}: {}", group.told(), some(&group.nodes, EACH)));
    Ok(bullets(&head, told, groups.len()))
}

pub(super) fn describe(plan: &mut Plan<'_>, name: &Name) -> Result<String, Next> {
    let node = find::node(plan, name)?;
    let around = expand(plan, &node, 1)?;
    let labels = node.labels.iter().map(|label| format!("`{}`", plain(label, 80)));
    let what = and(&labels.collect::<Vec<_>>());
    let is_vowel = node.label().starts_with(['A', 'E', 'I', 'O', 'U']);
    let article = if is_vowel { "an" } else { "a" };
    let realm = plain(&node.realm, 40);
    let head = format!("{} is {article} {what} in the realm {realm}", node.link());
    let properties = || node.properties.iter().filter(|(_, value)| !value.is_null());
    let told = properties().take(PROPERTIES);
    let told = told.map(|(name, value)| format!("{}: {}", plain(name, 80), shown(value)));
    let mut text = bullets(&head, told, properties().count());
    let links = around.links(&node.id);
    let ways: Vec<String> = groups(&links).iter().take(GROUPS).map(Group::told).collect();
    if !ways.is_empty() {
        let least = if around.truncated { "at least " } else { "" };
        text.extend(["\n\nIts connections: ", least, &and(&ways), "."]);
    }
    Ok(text)
}

pub(super) fn since(plan: &mut Plan<'_>, name: &Name) -> Result<String, Next> {
    let node = find::node(plan, name)?;
    let told = node.told();
    Ok(match (node.valid_from, node.recorded_at) {
        (Some(valid), Some(recorded)) if valid != recorded => format!(
            "{told} is there since {}, as its source says. The graph last learned of it at {}.",
            written(valid),
            written(recorded)
        ),
        (_, Some(recorded)) => format!(
            "No source says since when {told} exists. The graph knows it as it is since {}.",
            written(recorded)
        ),
        _ => format!("The graph does not say since when {told} exists."),
    })
}
