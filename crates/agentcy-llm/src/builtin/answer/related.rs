//! What something is connected to in one way.

use serde_json::json;

use super::around::{cypher, expand};
use crate::builtin::{
    find,
    node::{Group, Link, Node, groups},
    noun,
    plan::{Next, Plan},
    question::Related,
    text::{and, bullets, counted, number, plain},
    words::text,
};

const MOST: usize = 20;

const BELOW: &str = "MATCH (x {_id: $id})-[:CONTAINS*1..8]->(y) \
    WHERE any(label IN labels(y) WHERE label IN $labels) RETURN count(DISTINCT y)";

pub(super) fn related(plan: &mut Plan<'_>, asked: &Related) -> Result<String, Next> {
    let node = find::node(plan, &asked.name)?;
    let around = expand(plan, &node, 1)?;
    let links = around.links(&node.id);
    let labels = noun::labels(&asked.kind);
    let fits: Vec<&Link<'_>> =
        links.iter().filter(|link| is_way(asked, link) && is_kind(&labels, link.other)).collect();
    let mut others: Vec<&Node> = fits.iter().map(|link| link.other).collect();
    others.sort_by_key(|node| &node.id);
    others.dedup_by_key(|node| &node.id);
    if asked.count
        && let Some(count) = below(plan, &node, asked, &labels)?
    {
        let label = others.first().map_or(labels[0].as_str(), |other| other.label());
        let count = counted(count, &plain(label, 80));
        return Ok(format!("{} holds {count}, those in its folders included.", node.told()));
    }
    if others.is_empty() {
        return Ok(none(&node, asked, &links, around.truncated));
    }
    let mut kinds: Vec<String> =
        fits.iter().map(|link| format!("`{}`", plain(&link.edge.kind, 80))).collect();
    kinds.sort();
    kinds.dedup();
    let first = others[0].label();
    let label = if others.iter().all(|other| other.label() == first) { first } else { "node" };
    let least = if around.truncated { "at least " } else { "" };
    let way = match (fits.iter().all(|link| link.out), fits.iter().any(|link| link.out)) {
        (true, _) => "leads to",
        (_, false) => "is reached from",
        _ => "is connected to",
    };
    let count = counted(others.len(), &plain(label, 80));
    let head = format!("{} {way} {least}{count} by {}", node.told(), and(&kinds));
    if asked.count {
        return Ok(format!("{head}."));
    }
    Ok(bullets(&head, others.iter().take(MOST).map(|other| other.told()), others.len()))
}

/// Whether a link is of the way that was asked for.
fn is_way(asked: &Related, link: &Link<'_>) -> bool {
    let said = noun::says(&link.edge.kind, &asked.verb);
    asked.verb.is_empty() || said.is_some_and(|passive| link.out == (asked.does != passive))
}

fn is_kind(labels: &[String], node: &Node) -> bool {
    let any = labels.first().is_none_or(|label| label == "Thing");
    any || node.labels.iter().any(|label| labels.contains(label))
}

/// How many there are in a folder and all that is below it; `None` where that was not asked, or cannot be read.
fn below(
    plan: &mut Plan<'_>,
    node: &Node,
    asked: &Related,
    labels: &[String],
) -> Result<Option<usize>, Next> {
    let holds = asked.does && noun::says("CONTAINS", &asked.verb).is_some();
    if !holds || labels.is_empty() || !(node.is("Folder") || node.is("Repository")) {
        return Ok(None);
    }
    let rows = cypher(plan, BELOW, &json!({ "id": node.id, "labels": labels }))?;
    Ok(rows.and_then(|rows| number(rows.first()?.first())))
}

/// What to say when nothing fits: which ways there are.
fn none(node: &Node, asked: &Related, links: &[Link<'_>], truncated: bool) -> String {
    let (kind, verb) = (plain(&text(&asked.kind), 80), plain(&asked.verb, 40));
    let kind = if kind.is_empty() { kind } else { format!(" of the kind “{kind}”") };
    let verb = if verb.is_empty() { verb } else { format!(" by “{verb}”") };
    let seen = if truncated { " in what I could read" } else { "" };
    let nothing = format!("Nothing{kind} is joined directly to {}{verb}{seen}", node.told());
    let ways: Vec<String> = groups(links).iter().map(Group::kind).collect();
    if ways.is_empty() {
        return format!("{nothing}; it has no connections that I may see.");
    }
    format!("{nothing}. Its connections are {}.", and(&ways))
}
