//! Things of a kind: how many there are, and which.

use serde_json::{Value, json};

use super::{
    around::{cypher, rows},
    sources::{brings, missing},
};
use crate::builtin::{
    node::{Node, list, one},
    noun,
    plan::{Next, Plan},
    question::Only,
    text::{bullets, counted, number, plain},
    words::{Word, text},
};

/// How many are listed.
const MOST: usize = 20;
/// How many are looked at where raw Cypher is not to be had.
const LOOK: usize = 50;
/// Where a search stops counting.
const CAP: usize = 10_000;

/// Things of a label.
struct Kind {
    /// As the graph has it.
    label: String,
    /// As it may have been meant.
    labels: Vec<String>,
    nodes: Vec<Node>,
    total: usize,
}

impl Kind {
    fn counted(&self, count: usize) -> String {
        counted(count, &plain(&self.label, 80))
    }
}

/// Looks for a kind; ends the plan, with what would bring such things, when there is nothing.
fn look(plan: &mut Plan<'_>, kind: &[Word], limit: usize) -> Result<Kind, Next> {
    let (source, kind) = brings(kind);
    let labels = noun::labels(kind);
    let search = ("search_graph", json!({ "query": "", "labels": labels, "limit": limit }));
    let connectors = ("list_connectors", json!({}));
    // What is known to come from elsewhere is looked for both ways at once.
    let (found, connected) = if source.is_some() {
        let [connected, found] = plan.ask([connectors.clone(), search])?;
        (found, Some(connected))
    } else {
        let [found] = plan.ask([search])?;
        (found, None)
    };
    let found = found.map_err(|failure| Next::Say(failure.said("search_graph")))?;
    let nodes: Vec<Node> = list(&found, "nodes");
    let total = number(found.get("total")).unwrap_or_default().max(nodes.len());
    if let Some(first) = nodes.first() {
        let label = first.labels.iter().find(|label| labels.contains(label));
        let label = label.map_or(first.label(), String::as_str).to_owned();
        return Ok(Kind { label, labels, nodes, total });
    }
    let connected = match connected {
        Some(connected) => connected,
        None => plan.ask([connectors])?[0].clone(),
    };
    Err(Next::Say(missing(&text(kind), source, connected.ok().as_ref())))
}

pub(super) fn of_kind(
    plan: &mut Plan<'_>,
    kind: &[Word],
    only: Option<Only>,
    count: bool,
) -> Result<String, Next> {
    let kind = look(plan, kind, if only.is_none() && !count { MOST } else { 1 })?;
    match only {
        None => every(plan, &kind, count),
        Some(Only::Words(words)) => with_words(plan, &kind, &words, count),
        Some(Only::Is { property, value }) => with_property(plan, &kind, &property, &value, count),
    }
}

fn every(plan: &mut Plan<'_>, kind: &Kind, count: bool) -> Result<String, Next> {
    let mut exact = Some(kind.total);
    if kind.total >= CAP {
        let query = format!("MATCH (n:{}) RETURN count(n)", quoted(&kind.label));
        let rows = cypher(plan, &query, &json!({}))?;
        exact = rows.and_then(|rows| number(rows.first()?.first()));
    }
    let total = exact.unwrap_or(kind.total);
    let least = if exact.is_some() { "" } else { "at least " };
    let are = if total == 1 { "is" } else { "are" };
    let head = format!("There {are} {least}{} that I may see", kind.counted(total));
    Ok(listed(&head, &kind.nodes, total, count))
}

fn with_words(plan: &mut Plan<'_>, kind: &Kind, words: &str, count: bool) -> Result<String, Next> {
    let args = json!({ "query": words, "labels": kind.labels, "limit": MOST });
    let found = plan.need("search_graph", args)?;
    let nodes: Vec<Node> = list(&found, "nodes");
    let total = number(found.get("total")).unwrap_or_default().max(nodes.len());
    let words = plain(words, 100);
    if total == 0 {
        return Ok(format!("No {} has “{words}” in its name or text.", plain(&kind.label, 80)));
    }
    let has = if total == 1 { "has" } else { "have" };
    let head = format!("{} {has} “{words}” in name or text", kind.counted(total));
    Ok(listed(&head, &nodes, total, count))
}

fn with_property(
    plan: &mut Plan<'_>,
    kind: &Kind,
    property: &str,
    value: &str,
    count: bool,
) -> Result<String, Next> {
    let (label, name) = (quoted(&kind.label), quoted(property));
    let query = |gives: &str| {
        let holds = format!("toLower(toString(n.{name})) = toLower($value)");
        let query = format!("MATCH (n:{label}) WHERE {holds} RETURN {gives}");
        ("run_cypher", json!({ "query": query, "params": { "value": value } }))
    };
    let [how_many, which] = plan.ask([query("count(n)"), query("n LIMIT 20")])?;
    let how_many = how_many.ok().and_then(|table| number(rows(&table)?.first()?.first()));
    let which = which.ok().and_then(|table| rows(&table));
    let (total, nodes, is_whole) = if let Some((total, rows)) = how_many.zip(which) {
        let nodes = rows.iter().filter_map(|row| one(row.first()?));
        (total, nodes.collect::<Vec<Node>>(), true)
    } else {
        let args = json!({ "query": value, "labels": kind.labels, "limit": LOOK });
        let found = plan.need("search_graph", args)?;
        let mut nodes: Vec<Node> = list(&found, "nodes");
        let is_whole = number(found.get("total")).is_some_and(|total| total <= nodes.len());
        nodes.retain(|node| node.properties.get(property).is_some_and(|is| same(is, value)));
        (nodes.len(), nodes, is_whole)
    };
    let condition = format!("`{}` = “{}”", plain(property, 80), plain(value, 100));
    if total == 0 {
        let seen = if is_whole { "" } else { " among those that I could read" };
        let all = kind.counted(kind.total);
        return Ok(format!("None of {all} has {condition}{seen}."));
    }
    let least = if is_whole { "" } else { "At least " };
    let has = if total == 1 { "has" } else { "have" };
    let head = format!("{least}{} of {} {has} {condition}", total, kind.counted(kind.total));
    Ok(listed(&head, &nodes, total, count))
}

/// Whether a property is what was typed.
fn same(property: &Value, typed: &str) -> bool {
    let text = property.as_str().map_or_else(|| property.to_string(), str::to_owned);
    text.to_lowercase() == typed.to_lowercase()
}

fn listed(head: &str, nodes: &[Node], total: usize, count: bool) -> String {
    if count {
        return format!("{head}.");
    }
    bullets(head, nodes.iter().take(MOST).map(Node::told), total)
}

pub(super) fn vague(plan: &mut Plan<'_>, kind: &[Word], state: &str) -> Result<String, Next> {
    let found = look(plan, kind, 1)?;
    let (all, kind, state) = (found.counted(found.total), plain(&text(kind), 80), plain(state, 80));
    Ok(format!(
        "I see {all}. Which of them are “{state}” I cannot tell, since I do not know which property says so. Name one, such as \
         “how many {kind} are there with status = {state}”."
    ))
}

/// A name in Cypher.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
