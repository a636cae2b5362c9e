//! Who owns something, and who made it.

use serde_json::{Value, json};

use super::around::{counts, cypher, expand};
use crate::builtin::{
    find,
    node::{Around, Node, some},
    noun,
    plan::{Next, Plan},
    question::Name,
    text::{and, counted, plain, shown},
};

/// Properties in which sources say who is responsible, and who made it.
const OWNERS: &[&str] = &["owner", "owners", "owned_by", "maintainer", "maintainers", "team"];
const MAKERS: &[&str] = &["author", "authors", "created_by"];
const MOST: usize = 5;

const BY_COMMITS: &str = "<-[:TOUCHED]-(c:Commit)<-[:AUTHORED]-(who) \
    RETURN who, count(DISTINCT c) AS commits ORDER BY commits DESC LIMIT 5";

pub(super) fn owner(plan: &mut Plan<'_>, name: &Name, verb: &str) -> Result<String, Next> {
    let node = find::node(plan, name)?;
    let around = expand(plan, &node, 1)?;
    let owns = noun::says("OWNS", verb).is_some();
    let mut told: Vec<String> = if owns {
        let edges = by_edges(&around, &node, "owns", "owned");
        edges.into_iter().chain(by_property(&node, OWNERS)).collect()
    } else {
        let edges = by_edges(&around, &node, "wrote", "made");
        let edges = edges.into_iter().chain(by_edges(&around, &node, "tagged", "tagged"));
        edges.chain(by_property(&node, MAKERS)).collect()
    };
    let history = history(plan, &node)?;
    if told.is_empty() && (owns || history.is_none()) {
        let said = if owns { "owns" } else { "made" };
        told.push(format!("Nothing in the graph says who {said} {}.", node.told()));
    }
    told.extend(history);
    Ok(told.join(" "))
}

/// Who is at the other end of edges that say so.
fn by_edges(around: &Around, node: &Node, verb: &str, done: &str) -> Option<String> {
    let mut links = around.links(&node.id);
    links.retain(|link| noun::says(&link.edge.kind, verb) == Some(link.out));
    let kind = plain(&links.first()?.edge.kind, 80);
    let people: Vec<&Node> = links.iter().map(|link| link.other).collect();
    Some(format!("{} is {done} by {} (`{kind}`).", node.told(), some(&people, MOST)))
}

fn by_property(node: &Node, properties: &[&str]) -> Option<String> {
    let is = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    let mut said = properties.iter().map(|name| (name, node.properties.get(*name).filter(is)));
    let (name, value) = said.find_map(|(name, value)| Some((name, value?)))?;
    Some(format!("The property `{name}` of {} says “{}”.", node.told(), shown(value)))
}

/// Who changed it by the commits that touched it, as far as it is something in a repository.
fn history(plan: &mut Plan<'_>, node: &Node) -> Result<Option<String>, Next> {
    let is_file = node.is("File");
    if !is_file && !node.is("Folder") && !node.is("Repository") {
        return Ok(None);
    }
    let file = if is_file { "" } else { "-[:CONTAINS*1..8]->(:File)" };
    let query = format!("MATCH (x {{_id: $id}}){file}{BY_COMMITS}");
    let (people, part) = match cypher(plan, &query, &json!({ "id": node.id }))? {
        Some(rows) => (counts(&rows), ""),
        None if is_file => {
            let around = expand(plan, node, 2)?;
            (
                authors(&around, node),
                if around.truncated { ", as far as I could read it" } else { "" },
            )
        }
        None => {
            let text = "The history of what lies in it I cannot read here without `run_cypher`.";
            return Ok(Some(text.to_owned()));
        }
    };
    if people.is_empty() {
        return Ok(None);
    }
    let most = if people.len() < MOST { "" } else { " most" };
    let who =
        people.iter().map(|(who, count)| format!("{} ({})", who.link(), counted(*count, "commit")));
    let who = and(&who.collect::<Vec<_>>());
    Ok(Some(format!(
        "By the history of {}{part}, those who changed it{most} are {who}.",
        node.link()
    )))
}

/// The authors of the commits around a file, those with most first.
fn authors(around: &Around, file: &Node) -> Vec<(Node, usize)> {
    let mut found: Vec<(Node, usize)> = Vec::new();
    for commit in around.links(&file.id).iter().filter(|link| link.edge.kind == "TOUCHED") {
        let authors = around.links(&commit.other.id);
        for author in authors.iter().filter(|link| link.edge.kind == "AUTHORED") {
            match found.iter_mut().find(|(who, _)| who.id == author.other.id) {
                Some((_, count)) => *count += 1,
                None => found.push((author.other.clone(), 1)),
            }
        }
    }
    found.sort_by_key(|(who, count)| (std::cmp::Reverse(*count), who.id.clone()));
    found.truncate(MOST);
    found
}
