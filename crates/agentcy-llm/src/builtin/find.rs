//! The node that a name means.

use serde_json::{Value, json};

use super::{
    node::{Node, list},
    noun,
    plan::{Next, Outcome, Plan},
    question::Name,
    text::{bullets, number, plain},
    words::{Word, text},
};

/// How many nodes a search for a name looks at.
const LOOK: usize = 20;
/// How many of them are shown to choose from.
const CHOICE: usize = 6;

/// What a search gave.
struct Found {
    nodes: Vec<Node>,
    total: usize,
}

impl Found {
    fn read(value: &Value) -> Self {
        let nodes: Vec<Node> = list(value, "nodes");
        let total = number(value.get("total")).unwrap_or_default().max(nodes.len());
        Self { nodes, total }
    }
}

/// The node of a name. Ends the plan when there is none, or more than one.
pub(super) fn node(plan: &mut Plan<'_>, name: &Name) -> Result<Node, Next> {
    let [found] = plan.ask([search(name)?])?;
    settle(plan, name, found)
}

/// The nodes of two names, searched for at once.
pub(super) fn two(plan: &mut Plan<'_>, one: &Name, other: &Name) -> Result<(Node, Node), Next> {
    let [first, second] = plan.ask([search(one)?, search(other)?])?;
    Ok((settle(plan, one, first)?, settle(plan, other, second)?))
}

fn search(name: &Name) -> Result<(&'static str, Value), Next> {
    if name.is_pronoun() {
        return Err(Next::Say(format!(
            "I read each question by itself, so I do not know what “{}” means. Name it, please.",
            plain(&name.text(), 40)
        )));
    }
    Ok(("search_graph", json!({ "query": name.text(), "limit": LOOK })))
}

fn settle(plan: &mut Plan<'_>, name: &Name, outcome: Outcome) -> Result<Node, Next> {
    let found = outcome.map_err(|failure| Next::Say(failure.said("search_graph")))?;
    let whole = Found::read(&found);
    let said = name.text();
    if let Some(called) = called(&whole.nodes, &said) {
        return only(called, &said, whole.total);
    }
    let parts = parts(&name.0);
    let mut near = whole.nodes;
    let mut total = whole.total;
    if let Some([first, last]) = parts {
        let wanted = [&first, &last].map(|part| {
            let args = json!({ "query": part.name, "labels": part.labels, "limit": LOOK });
            ("search_graph", args)
        });
        for (outcome, part) in plan.ask(wanted)?.into_iter().zip([first, last]) {
            let found = outcome.map_err(|failure| Next::Say(failure.said("search_graph")))?;
            let found = Found::read(&found);
            if let Some(called) = called(&found.nodes, &part.name) {
                return only(called, &said, found.total);
            }
            total = total.max(found.total);
            near.extend(found.nodes);
        }
    }
    near.dedup_by(|one, other| one.id == other.id);
    match near.len() {
        0 => Err(Next::Say(format!(
            "I found nothing in the graph that is called “{}”.",
            plain(&said, 100)
        ))),
        1 => Ok(near.remove(0)),
        _ => Err(Next::Say(format!(
            "Nothing in the graph is called exactly “{}”. {}",
            plain(&said, 100),
            choice(&near, total)
        ))),
    }
}

/// A name with a kind before or behind it: `the branch main`, `payments service`.
struct Part {
    name: String,
    labels: Vec<String>,
}

fn parts(words: &[Word]) -> Option<[Part; 2]> {
    let part = |kind: &Word, rest: &[Word]| {
        let name = text(rest);
        let labels = noun::labels(std::slice::from_ref(kind));
        (!kind.key.is_empty()).then_some(Part { name, labels })
    };
    let [first, behind @ ..] = words else { return None };
    let [before @ .., last] = words else { return None };
    if behind.is_empty() {
        return None;
    }
    let one = part(first, behind).or_else(|| part(last, before))?;
    let other = part(last, before).or_else(|| part(first, behind))?;
    Some([one, other])
}

/// Those that are called this; one that only one can be called before those that share a name.
fn called(nodes: &[Node], name: &str) -> Option<Vec<Node>> {
    let exactly: Vec<Node> = nodes.iter().filter(|node| node.is_exactly(name)).cloned().collect();
    let named = || nodes.iter().filter(|node| node.is_named(name)).cloned().collect();
    let called = if exactly.is_empty() { named() } else { exactly };
    (!called.is_empty()).then_some(called)
}

fn only(mut called: Vec<Node>, said: &str, total: usize) -> Result<Node, Next> {
    if called.len() == 1 {
        return Ok(called.remove(0));
    }
    let count = called.len();
    let many = if count < LOOK { count } else { total };
    Err(Next::Say(format!(
        "“{}” is the name of {many} things in the graph. {}",
        plain(said, 100),
        choice(&called, many)
    )))
}

fn choice(nodes: &[Node], total: usize) -> String {
    let head = "Which one do you mean? Ask again with its path, its id or its kind";
    bullets(head, nodes.iter().take(CHOICE).map(Node::told), total)
}
