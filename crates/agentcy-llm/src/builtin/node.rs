//! Nodes and edges as tools give them, and how they are named in an answer.

use std::collections::BTreeMap;

use agentcy_core::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::text::{and, counted, plain};

/// The longest title in characters.
const TITLE: usize = 80;

/// A node.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    #[serde(default)]
    pub(super) properties: Map<String, Value>,
    #[serde(default)]
    pub(super) realm: String,
    #[serde(default)]
    sources: Vec<Source>,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) recorded_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
struct Source {
    #[serde(default)]
    external_id: String,
}

/// An edge.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Edge {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) valid_from: Option<Timestamp>,
}

/// The things under this name of a result; what is not one is left out.
pub(super) fn list<T: DeserializeOwned>(value: &Value, name: &str) -> Vec<T> {
    let items = value.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(one).collect()
}

/// The thing that this is.
pub(super) fn one<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

impl Node {
    pub(super) fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn label(&self) -> &str {
        self.labels.first().map_or("node", String::as_str)
    }

    pub(super) fn is(&self, label: &str) -> bool {
        self.labels.iter().any(|one| one == label)
    }

    fn title(&self) -> &str {
        let first = match self.label() {
            "Commit" => self.text("title"),
            "File" | "Folder" => self.text("path"),
            _ => None,
        };
        let names = ["name", "title", "path", "key", "email", "url"];
        let title = first.or_else(|| names.iter().find_map(|name| self.text(name)));
        title.or_else(|| self.external_ids().next()).unwrap_or(&self.id)
    }

    fn external_ids(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.external_id.as_str()).filter(|id| !id.is_empty())
    }

    /// As answers name it: its title, which leads to it.
    pub(super) fn link(&self) -> String {
        let title = plain(self.title(), TITLE).replace('[', "(").replace(']', ")");
        format!("[{title}](node:{})", self.id)
    }

    /// With what it is and where, for those who have to choose.
    pub(super) fn told(&self) -> String {
        let place =
            ["path", "sha", "email", "table", "schema"].iter().find_map(|name| self.text(name));
        let place = place.filter(|place| *place != self.title());
        let place = place.map_or(String::new(), |place| format!(", {}", plain(place, TITLE)));
        format!("{} ({}{place})", self.link(), plain(self.label(), TITLE))
    }

    /// Whether it alone should be called this.
    pub(super) fn is_exactly(&self, name: &str) -> bool {
        let name = name.trim_end_matches('/');
        let same = |text: &str| text.eq_ignore_ascii_case(name);
        let is_sha = name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sha = self.text("sha").filter(|_| is_sha).and_then(|sha| sha.get(..name.len()));
        same(&self.id)
            || sha.is_some_and(same)
            || ["path", "email", "url", "key"]
                .iter()
                .any(|property| self.text(property).is_some_and(same))
            || self.external_ids().any(same)
    }

    /// Whether this is its name, which others may have too.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        ["name", "title"]
            .iter()
            .any(|property| self.text(property).is_some_and(|text| text.to_lowercase() == name))
    }
}

/// The first of some nodes, and how many more there are.
pub(super) fn some(nodes: &[&Node], most: usize) -> String {
    let mut parts: Vec<String> = nodes.iter().take(most).map(|node| node.link()).collect();
    if nodes.len() > most {
        parts.push(format!("{} more", nodes.len() - most));
    }
    and(&parts)
}

/// What lies around a node.
pub(super) struct Around {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) edges: Vec<Edge>,
    /// Whether there is more.
    pub(super) truncated: bool,
}

/// An edge as one of its ends sees it.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) edge: &'a Edge,
    /// Whether it leads away.
    pub(super) out: bool,
    pub(super) other: &'a Node,
}

impl Around {
    pub(super) fn read(value: &Value) -> Self {
        let nodes: Vec<Node> = list(value, "nodes");
        Self {
            nodes: nodes.into_iter().map(|node| (node.id.clone(), node)).collect(),
            edges: list(value, "edges"),
            truncated: value.get("truncated").and_then(Value::as_bool).unwrap_or_default(),
        }
    }

    /// The edges at a node, the newest first.
    pub(super) fn links<'a>(&'a self, id: &'a str) -> Vec<Link<'a>> {
        let link = |edge: &'a Edge| {
            let out = edge.from == id;
            let other = if out { &edge.to } else { &edge.from };
            let other = self.nodes.get(other).filter(|_| out || edge.to == id)?;
            Some(Link { edge, out, other })
        };
        let mut links: Vec<Link<'a>> = self.edges.iter().filter_map(link).collect();
        links.sort_by_key(|link| (std::cmp::Reverse(link.since()), link.other.title()));
        links
    }
}

impl Link<'_> {
    /// Since when it is so: an edge is no older than what it leads to.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.edge.valid_from.max(self.other.valid_from)
    }
}

/// What links of one type, direction and label have in common, and the nodes at their other ends.
pub(super) struct Group<'a> {
    edge: &'a str,
    out: bool,
    label: &'a str,
    pub(super) nodes: Vec<&'a Node>,
}

/// Links by type, direction and label.
pub(super) fn groups<'a>(links: &[Link<'a>]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for link in links {
        let (edge, out, label) = (link.edge.kind.as_str(), link.out, link.other.label());
        let group = groups.entry((edge, out, label));
        let group = group.or_insert(Group { edge, out, label, nodes: Vec::new() });
        group.nodes.push(link.other);
    }
    groups.into_values().collect()
}

impl Group<'_> {
    /// `USES` to 2 Services
    pub(super) fn told(&self) -> String {
        format!("{} {}", self.way(), counted(self.nodes.len(), &plain(self.label, TITLE)))
    }

    /// `USES` to Service
    pub(super) fn kind(&self) -> String {
        format!("{} {}", self.way(), plain(self.label, TITLE))
    }

    fn way(&self) -> String {
        format!("`{}` {}", plain(self.edge, TITLE), if self.out { "to" } else { "from" })
    }
}
