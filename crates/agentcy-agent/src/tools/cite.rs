//! Where an answer comes from: links in its text to what a tool of the run really gave.

use std::collections::HashMap;

use agentcy_core::id::{NodeId, SourceId};
use serde_json::{Map, Value};

use super::bound::beginning;

/// How much is remembered that could be cited.
const MOST: usize = 5000;
/// The longest target of a link.
const MAX_TARGET: usize = 2000;
/// The longest title, in bytes.
const MAX_TITLE: usize = 200;
/// What things call their names.
const TITLES: [&str; 5] = ["name", "title", "display_name", "subject", "key"];

/// Something that an answer may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The node.
    pub node_id: Option<NodeId>,
    /// The document; of a source its id.
    pub document_id: Option<String>,
    /// The place.
    pub url: Option<String>,
    /// What it is called.
    pub title: String,
}

/// What an answer may cite of a result: the nodes, sources and pages in it.
pub fn citations(result: &Value) -> Vec<Citation> {
    let mut found = Vec::new();
    collect(result, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<Citation>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => {
            let whole = thing(map);
            // A node is one thing, whatever its properties hold.
            let is_node = whole.as_ref().is_some_and(|one| one.node_id.is_some());
            found.extend(whole);
            if !is_node {
                map.values().for_each(|one| collect(one, found));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What an object stands for, if it can be cited.
fn thing(map: &Map<String, Value>) -> Option<Citation> {
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let id = text("id").unwrap_or_default();
    let node_id = id.parse::<NodeId>().ok();
    let document_id = id.parse::<SourceId>().ok().map(|id| id.to_string());
    // A node's own words are its properties.
    let inner = map.get("properties").and_then(Value::as_object).filter(|_| node_id.is_some());
    let word = |name: &str| {
        let own = inner.and_then(|inner| inner.get(name)).and_then(Value::as_str);
        own.or_else(|| text(name)).map(str::trim).filter(|text| !text.is_empty())
    };
    let url = ["html_url", "url"].into_iter().find_map(word).filter(|url| is_page(url));
    if node_id.is_none() && document_id.is_none() && url.is_none() {
        return None;
    }
    let label = || map.get("labels")?.get(0)?.as_str();
    let title = TITLES.into_iter().find_map(word).or_else(label).or(url).unwrap_or("node");
    let title = beginning(title, MAX_TITLE).chars().filter(|c| !c.is_control()).collect();
    Some(Citation { node_id, document_id, url: url.map(ToOwned::to_owned), title })
}

/// Whether a browser may follow it.
fn is_page(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= MAX_TARGET
        && !url.chars().any(|c| c.is_control() || c.is_whitespace() || c == ')')
}

/// Hears an answer, and knows what its links point to.
#[derive(Debug, Default)]
pub struct Citer {
    known: HashMap<String, Citation>,
    cited: HashMap<String, u32>,
    /// The end of what was heard, from a `]` on, while it may still become a link.
    held: String,
}

impl Citer {
    /// One who knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns of what tools gave.
    pub fn learn(&mut self, given: &[Citation]) {
        for one in given {
            let targets = [
                one.node_id.map(|id| format!("node:{id}")),
                one.document_id.as_ref().map(|id| format!("source:{id}")),
                one.url.clone(),
            ];
            for target in targets.into_iter().flatten() {
                if self.known.len() < MOST {
                    self.known.entry(target).or_insert_with(|| one.clone());
                }
            }
        }
    }

    /// What the next piece of the answer cites for the first time, with its number from 1 on.
    pub fn hear(&mut self, delta: &str) -> Vec<(u32, Citation)> {
        let mut found = Vec::new();
        if self.held.is_empty() {
            let Some(at) = delta.find(']') else { return found };
            self.held.push_str(&delta[at..]);
        } else {
            self.held.push_str(delta);
        }
        let mut rest = std::mem::take(&mut self.held);
        while let Some(at) = rest.find(']') {
            rest.drain(..at);
            let Some(target) = rest.strip_prefix("](") else {
                if rest.len() == 1 {
                    break;
                }
                rest.drain(..1);
                continue;
            };
            let end = target.find(|c: char| c == ')' || c.is_whitespace());
            match end {
                Some(end) => {
                    found.extend(self.cite(&target[..end]));
                    rest.drain(..end + 2);
                }
                None if target.len() <= MAX_TARGET => break,
                None => drop(rest.drain(..2)),
            }
        }
        if rest.starts_with(']') {
            self.held = rest;
        }
        found
    }

    fn cite(&mut self, target: &str) -> Option<(u32, Citation)> {
        if self.cited.contains_key(target) {
            return None;
        }
        let citation = self.known.get(target)?.clone();
        let index = u32::try_from(self.cited.len()).ok()?.checked_add(1)?;
        self.cited.insert(target.to_owned(), index);
        Some((index, citation))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn node(id: u128) -> NodeId {
        Uuid::from_u128(id).into()
    }

    fn knowing() -> Citer {
        let mut citer = Citer::new();
        let of = |id| Citation {
            node_id: Some(node(id)),
            document_id: None,
            url: None,
            title: format!("node {id}"),
        };
        let page = Citation {
            node_id: None,
            document_id: None,
            url: Some("https://example.org/a".to_owned()),
            title: "page".to_owned(),
        };
        citer.learn(&[of(1), of(2), page]);
        citer
    }

    fn text() -> String {
        let (one, two, none) = (node(1), node(2), node(3));
        format!(
            "[a] (b) [two](node:{two}) and [[x]](node:{one}), again [two](node:{two}), \
             [made up](node:{none}) [page](https://example.org/a)[other](https://example.org/b) ]"
        )
    }

    fn heard(pieces: &[&str]) -> Vec<(u32, String)> {
        let mut citer = knowing();
        let found = pieces.iter().flat_map(|piece| citer.hear(piece));
        found.map(|(index, one)| (index, one.title)).collect()
    }

    fn expected() -> Vec<(u32, String)> {
        [(1, "node 2"), (2, "node 1"), (3, "page")].map(|(at, title)| (at, title.to_owned())).into()
    }

    #[test]
    fn nodes_sources_and_pages_of_a_result_may_be_cited() {
        let source = SourceId::from(Uuid::from_u128(9));
        let result = serde_json::json!({
            "nodes": [
                { "id": node(1), "labels": ["Service"], "properties": { "name": "pay\nments", "url": "javascript:alert(1)" } },
                { "id": node(2), "labels": ["Team"], "properties": { "html_url": "https://example.org/t" } },
            ],
            "connector": { "id": source, "name": "crm" },
            "result": { "items": [{ "url": "https://example.org/i", "title": "an item" }, { "url": "ftp://x" }] },
            "edges": [{ "id": "e_1", "from": node(1) }],
        });
        let mut found = citations(&result);
        found.sort_by(|a, b| a.title.cmp(&b.title));
        let titles: Vec<_> = found.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["Team", "an item", "crm", "payments"]);
        assert_eq!(found[0].url.as_deref(), Some("https://example.org/t"));
        assert_eq!(found[2].document_id, Some(source.to_string()));
        assert_eq!((found[3].node_id, &found[3].url), (Some(node(1)), &None));
    }

    #[test]
    fn only_what_a_tool_gave_is_cited_once_and_in_order() {
        assert_eq!(heard(&[&text()]), expected());
    }

    proptest! {
        #[test]
        fn wherever_the_text_is_cut_the_citations_are_the_same(
            cuts in prop::collection::btree_set(0_usize..400, 0..20),
        ) {
            let text = text();
            let mut pieces = Vec::new();
            let mut from = 0;
            for at in cuts.into_iter().filter(|at| *at < text.len()) {
                pieces.push(&text[from..at]);
                from = at;
            }
            pieces.push(&text[from..]);
            prop_assert_eq!(heard(&pieces), expected());
        }

        #[test]
        fn nothing_that_is_said_holds_more_than_a_link(text in "[\\]\\( a)]{0,200}") {
            let mut citer = knowing();
            for _ in 0..40 {
                citer.hear(&text);
            }
            prop_assert!(citer.held.len() <= MAX_TARGET + text.len() + 2);
        }
    }
}
