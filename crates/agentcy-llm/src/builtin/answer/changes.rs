//! What changed, everywhere or at something, and what changes most.

use std::cmp::Reverse;

use agentcy_core::Timestamp;
use serde_json::{Value, json};

use super::around::{counts, cypher, expand, rows};
use crate::builtin::{
    find,
    node::{Around, Link, Node, list, one},
    plan::{Next, Plan},
    question::Name,
    text::{bullets, counted, number, plain},
    when::{When, written},
};

const MOST: usize = 10;
/// How many nodes are looked at where a search has to do.
const LOOK: usize = 50;
/// Before any commit.
const EVER: &str = "0000";

const EVERYWHERE: &str = "MATCH (c:Commit)";
const BELOW: &str = "MATCH (x {_id: $id})-[:CONTAINS*1..8]->(:File)<-[:TOUCHED]-(c:Commit)";
const TOUCHING: &str = "MATCH (x {_id: $id})<-[:TOUCHED]-(c:Commit)";
const BUSIEST: &str = "MATCH (c:Commit)-[:TOUCHED]->(f:File) WHERE c.committed_at >= $since \
    RETURN f, count(DISTINCT c) AS commits ORDER BY commits DESC LIMIT 5";

/// Since when, as the queries take it and as the answer says it.
struct Since {
    time: Option<Timestamp>,
    text: String,
}

impl Since {
    fn of(plan: &Plan<'_>, when: Option<When>) -> Result<Self, Next> {
        let Some(when) = when else { return Ok(Self { time: None, text: String::new() }) };
        let Some(time) = when.moment(plan.now()) else {
            let text =
                "I do not know what time that is; ask with a date, such as “since 2026-11-01”.";
            return Err(Next::Say(text.to_owned()));
        };
        Ok(Self { time: Some(time), text: format!(" since {}", written(time)) })
    }

    fn param(&self) -> String {
        self.time.map_or(EVER.to_owned(), written)
    }

    fn holds(&self, time: Option<Timestamp>) -> bool {
        self.time.is_none_or(|since| time.is_some_and(|time| time >= since))
    }
}

/// The newest commits of a pattern with how many there are; `None` where raw Cypher is not to be had.
fn commits(
    plan: &mut Plan<'_>,
    pattern: &str,
    id: &str,
    since: &Since,
) -> Result<Option<(Vec<Node>, usize)>, Next> {
    let ask = |gives: &str| {
        let query = format!("{pattern} WHERE c.committed_at >= $since RETURN {gives}");
        let params = json!({ "id": id, "since": since.param() });
        ("run_cypher", json!({ "query": query, "params": params }))
    };
    let newest = ask("DISTINCT c ORDER BY c.committed_at DESC LIMIT 10");
    let [newest, count] = plan.ask([newest, ask("count(DISTINCT c)")])?;
    let (Ok(newest), Ok(count)) = (newest, count) else { return Ok(None) };
    let count = number(rows(&count).and_then(|rows| rows.first()?.first().cloned()).as_ref());
    let newest = rows(&newest).unwrap_or_default();
    let newest = newest.iter().filter_map(|row| one(row.first()?)).collect();
    Ok(Some((newest, count.unwrap_or_default())))
}

/// When a commit was made, and by whom.
fn told(commit: &Node) -> String {
    let at = plain(commit.text("committed_at").unwrap_or("at some time"), 40);
    let by = commit.text("author").map_or(String::new(), |who| format!(", by {}", plain(who, 80)));
    format!("{} ({at}{by})", commit.link())
}

pub(super) fn at(plan: &mut Plan<'_>, name: &Name, when: Option<When>) -> Result<String, Next> {
    let since = Since::of(plan, when)?;
    let node = find::node(plan, name)?;
    let is_place = node.is("Folder") || node.is("Repository");
    let found = if is_place || node.is("File") {
        commits(plan, if is_place { BELOW } else { TOUCHING }, &node.id, &since)?
    } else {
        None
    };
    if let Some((commits, total)) = found {
        let (told_node, since) = (node.told(), since.text);
        if commits.is_empty() {
            return Ok(format!("No commit that the graph knows changed {told_node}{since}."));
        }
        let head = format!("{} changed {told_node}{since}", counted(total, "commit"));
        return Ok(bullets(&head, commits.iter().map(told), total));
    }
    let around = expand(plan, &node, if is_place { 2 } else { 1 })?;
    let mut text = newest_links(&around, &node, &since);
    if around.truncated || is_place {
        text.push_str("\n\nThat is only what I could read around it; there may be more.");
    }
    Ok(text)
}

/// What came to a node since: its own newest version, its edges, and commits one step further on.
fn newest_links(around: &Around, node: &Node, since: &Since) -> String {
    let mut links = around.links(&node.id);
    let further: Vec<Link<'_>> =
        links.iter().flat_map(|link| around.links(&link.other.id)).collect();
    links.extend(further.into_iter().filter(|link| link.other.is("Commit")));
    links.retain(|link| since.holds(link.since()));
    links.sort_by_key(|link| (&link.other.id, Reverse(link.since())));
    links.dedup_by_key(|link| &link.other.id);
    links.sort_by_key(|link| Reverse(link.since()));
    let (told, text) = (node.told(), &since.text);
    let itself = node.valid_from.filter(|time| since.time.is_some_and(|since| *time >= since));
    let itself = itself.map(|time| format!("{told} is as it is since {}.", written(time)));
    if links.is_empty() {
        return itself.unwrap_or_else(|| format!("I see nothing that changed at {told}{text}."));
    }
    let items = links.iter().take(MOST).map(|link| {
        let at = link.since().map_or(String::new(), |time| format!(", since {}", written(time)));
        format!("{} (`{}`{at})", link.other.link(), plain(&link.edge.kind, 80))
    });
    let head = format!("The newest connections of {told}{text}");
    let list = bullets(&head, items, links.len());
    itself.map_or(list.clone(), |itself| format!("{itself} {list}"))
}

pub(super) fn everywhere(plan: &mut Plan<'_>, when: Option<When>) -> Result<String, Next> {
    let since = Since::of(plan, when)?;
    let mut notes = Vec::new();
    let found = commits(plan, EVERYWHERE, "", &since)?;
    let (commits, total) = if let Some(found) = found {
        found
    } else {
        let (mut found, is_whole) = newest(plan, &["Commit"], &since)?;
        if !is_whole {
            notes.push(format!("Without `run_cypher` I read {LOOK} commits only."));
        }
        let total = found.len();
        found.truncate(MOST);
        (found, total)
    };
    let (mut others, is_whole) = newest(plan, &[], &since)?;
    // What a repository holds comes with its commits.
    others.retain(|node| !["Commit", "File", "Folder"].contains(&node.label()));
    if !is_whole {
        notes.push(format!("Beside commits I looked at the {LOOK} newest nodes only."));
    }
    let text = &since.text;
    let mut parts = vec![if commits.is_empty() {
        format!("I see no commit{text}.")
    } else {
        let head = format!("I see {}{text}", counted(total, "commit"));
        bullets(&head, commits.iter().map(told), total)
    }];
    if !others.is_empty() {
        let items = others.iter().take(MOST).map(|node| {
            let since = node.valid_from.map(|time| format!(", since {}", written(time)));
            format!("{}{}", node.told(), since.unwrap_or_default())
        });
        parts.push(bullets(&format!("Other things, new or different{text}"), items, others.len()));
    }
    if !notes.is_empty() {
        parts.push(notes.join(" "));
    }
    Ok(parts.join("\n\n"))
}

/// What a search gives that is so new, the newest first, and whether it gave all there is.
fn newest(plan: &mut Plan<'_>, labels: &[&str], since: &Since) -> Result<(Vec<Node>, bool), Next> {
    let args = json!({ "query": "", "labels": labels, "limit": LOOK });
    let found = plan.need("search_graph", args)?;
    let mut nodes: Vec<Node> = list(&found, "nodes");
    let is_whole = number(found.get("total")).is_some_and(|total| total <= nodes.len());
    nodes.retain(|node| since.holds(node.valid_from));
    nodes.sort_by_key(|node| Reverse(node.valid_from));
    Ok((nodes, is_whole))
}

pub(super) fn busiest(plan: &mut Plan<'_>, when: Option<When>) -> Result<String, Next> {
    let since = Since::of(plan, when)?;
    let params: Value = json!({ "since": since.param() });
    let Some(rows) = cypher(plan, BUSIEST, &params)? else {
        let text = "To count the changes of all files I need `run_cypher`, which is not to be had here: it takes a graph \
            of the org's own, and somebody who sees every realm.";
        return Ok(text.to_owned());
    };
    let files = counts(&rows);
    let text = since.text;
    if files.is_empty() {
        return Ok(format!("The graph knows of no commit that changed a file{text}."));
    }
    let items = files
        .iter()
        .map(|(file, count)| format!("{} ({})", file.link(), counted(*count, "commit")));
    Ok(bullets(&format!("The files that changed most{text}"), items, files.len()))
}
