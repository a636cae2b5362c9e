//! One thing that is said, checked against the bounds and made ready for its row.

use std::borrow::Cow;

use agentcy_core::{Realm, Timestamp};
use chrono::{Datelike as _, SecondsFormat};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Asserter, End, Kind, Staged,
    digest::Digest,
    text::{escape, escape_map},
};

/// The longest id, key or name, in bytes as it is kept: more does not fit into an index.
const MAX_NAME: usize = 1024;
/// The most labels of one node.
pub(super) const MAX_LABELS: usize = 64;
/// The most that the properties of one item hold, in bytes of names and texts.
const MAX_PROPERTIES: usize = 4 << 20;
/// How deep properties may be nested: JSON parsers stop at 128.
const MAX_DEPTH: usize = 100;

/// The key of a node that all sources of its realm may speak of.
pub(super) fn shared_key(key: &str) -> String {
    format!("k:{}", escape(key))
}

/// The key of a node that only one source speaks of.
pub(super) fn private_key(asserter: Asserter, external_id: &str) -> String {
    format!("s:{}:{}", asserter.uuid(), escape(external_id))
}

/// An end of an edge. What is not given is found in the database.
#[derive(Debug, Default)]
pub(super) struct EndRow {
    /// The external id that the same source gives the node.
    pub(super) own: Option<String>,
    /// The key of its entity.
    pub(super) key: Option<String>,
    /// Its entity.
    pub(super) id: Option<Uuid>,
}

impl EndRow {
    fn of(end: &End) -> Self {
        match end {
            End::Own(id) => Self { own: Some(escape(id).into_owned()), ..Self::default() },
            End::Shared(key) => Self { key: Some(shared_key(key)), ..Self::default() },
        }
    }
}

/// A row of the stage. Texts are escaped.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) kind: Kind,
    pub(super) external_id: Cow<'a, str>,
    pub(super) gone: bool,
    pub(super) key: String,
    pub(super) labels: Vec<Cow<'a, str>>,
    pub(super) edge_type: Option<Cow<'a, str>>,
    pub(super) from: EndRow,
    pub(super) to: EndRow,
    pub(super) properties: Cow<'a, Map<String, Value>>,
    pub(super) valid_from: Option<Timestamp>,
}

impl<'a> Said<'a> {
    /// A record of a sync, or why the ledger does not take it.
    pub(super) fn of(asserter: Asserter, record: &'a Staged) -> Result<Self, String> {
        let said = match record {
            Staged::Node(node) => Self {
                external_id: escape(&node.external_id),
                key: match &node.key {
                    Some(key) => shared_key(key),
                    None => private_key(asserter, &node.external_id),
                },
                labels: node.labels.iter().map(|label| escape(label)).collect(),
                properties: without_nulls(&node.properties),
                valid_from: node.valid_from,
                ..Self::new(Kind::Node)
            },
            Staged::Edge(edge) => Self {
                external_id: escape(&edge.external_id),
                key: escape(&edge.key).into_owned(),
                edge_type: Some(escape(&edge.edge_type)),
                from: EndRow::of(&edge.from),
                to: EndRow::of(&edge.to),
                properties: without_nulls(&edge.properties),
                valid_from: edge.valid_from,
                ..Self::new(Kind::Edge)
            },
            Staged::Gone { kind, external_id } => Self::gone(*kind, escape(external_id)),
        };
        said.ready()
    }

    /// That something is said no more.
    pub(super) fn gone(kind: Kind, external_id: Cow<'a, str>) -> Self {
        Self { external_id, gone: true, ..Self::new(kind) }
    }

    /// Nothing as yet.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            external_id: "".into(),
            gone: false,
            key: String::new(),
            labels: Vec::new(),
            edge_type: None,
            from: EndRow::default(),
            to: EndRow::default(),
            properties: Cow::Owned(Map::new()),
            valid_from: None,
        }
    }

    /// Checked, its texts escaped and its labels sorted and each once; or what is over a bound.
    pub(super) fn ready(mut self) -> Result<Self, String> {
        self.labels.sort_unstable();
        self.labels.dedup();
        self.check()?;
        if let Cow::Owned(properties) = escape_map(&self.properties) {
            self.properties = Cow::Owned(properties);
        }
        Ok(self)
    }

    fn check(&self) -> Result<(), String> {
        match (self.kind, self.key.strip_prefix("k:")) {
            (Kind::Node, Some(key)) => check_name("the key", key)?,
            // A private key is made of the external id, which has its own bound.
            (Kind::Node, None) => {}
            (Kind::Edge, _) => check_name("the key", &self.key)?,
        }
        check_name("the external id", &self.external_id)?;
        check_name("the type", self.edge_type.as_deref().unwrap_or_default())?;
        for end in [&self.from, &self.to] {
            check_name("an end", end.own.as_deref().unwrap_or_default())?;
            let key = end.key.as_deref().unwrap_or_default();
            check_name("an end", key.strip_prefix("k:").unwrap_or(key))?;
        }
        if self.labels.len() > MAX_LABELS {
            return Err(format!("there are more than {MAX_LABELS} labels"));
        }
        self.labels.iter().try_for_each(|label| check_name("a label", label))?;
        let mut weight = 0;
        for (name, value) in self.properties.iter() {
            check_name("the name of a property", name)?;
            let Some(bytes) = weigh(value, MAX_DEPTH) else {
                return Err(format!("a property is nested deeper than {MAX_DEPTH}"));
            };
            weight += name.len() + bytes;
        }
        if weight > MAX_PROPERTIES {
            return Err(format!("the properties hold more than {MAX_PROPERTIES} bytes"));
        }
        if self.valid_from.is_some_and(|at| !(1..=9999).contains(&at.year())) {
            return Err("valid_from is out of range".to_owned());
        }
        Ok(())
    }

    /// Of everything that is said, and where.
    fn digest(&self, realm: &Realm) -> Uuid {
        let mut digest = Digest::new();
        digest.text(realm.as_str());
        digest.text(&self.key);
        digest.length(self.labels.len());
        for label in &self.labels {
            digest.text(label);
        }
        digest.optional(self.edge_type.as_deref());
        for end in [&self.from, &self.to] {
            digest.optional(end.own.as_deref());
            digest.optional(end.key.as_deref());
        }
        digest.properties(&self.properties);
        digest.optional(self.since().as_deref());
        digest.finish()
    }

    fn since(&self) -> Option<String> {
        self.valid_from.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    /// Writes the row in the text format of `copy`, in the order of the stage's columns.
    pub(super) fn write(&self, n: i32, realm: &Realm, rows: &mut Vec<u8>) {
        let mut row = Row { rows };
        row.plain(&n.to_string());
        row.plain(self.kind.name());
        row.text(&self.external_id);
        row.plain(if self.gone { "t" } else { "f" });
        row.text(&self.key);
        row.labels(&self.labels);
        row.optional(self.edge_type.as_deref());
        for end in [&self.from, &self.to] {
            row.optional(end.own.as_deref());
            row.optional(end.key.as_deref());
            row.optional(end.id.map(|id| id.to_string()).as_deref());
        }
        let Ok(properties) = serde_json::to_string(self.properties.as_ref()) else {
            unreachable!("a JSON object is JSON");
        };
        row.text(&properties);
        row.plain(&self.digest(realm).to_string());
        row.optional(self.since().as_deref());
        row.end();
    }
}

/// Writes what a record is about, in the text format of `copy`. What has too long a name was never taken.
pub(super) fn write_name(record: &Staged, rows: &mut Vec<u8>) {
    let (kind, external_id) = match record {
        Staged::Node(node) => (Kind::Node, &node.external_id),
        Staged::Edge(edge) => (Kind::Edge, &edge.external_id),
        Staged::Gone { .. } => return,
    };
    let external_id = escape(external_id);
    if external_id.len() <= MAX_NAME {
        let mut row = Row { rows };
        row.plain(kind.name());
        row.text(&external_id);
        row.end();
    }
}

/// A source's null says nothing.
fn without_nulls(properties: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    if properties.values().any(Value::is_null) {
        let said = properties.iter().filter(|(_, value)| !value.is_null());
        Cow::Owned(said.map(|(name, value)| (name.clone(), value.clone())).collect())
    } else {
        Cow::Borrowed(properties)
    }
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    if name.len() > MAX_NAME {
        return Err(format!("{what} is longer than {MAX_NAME} bytes"));
    }
    Ok(())
}

/// The bytes of a value, or `None` where it is nested too deep.
fn weigh(value: &Value, depth: usize) -> Option<usize> {
    let deeper = depth.checked_sub(1)?;
    Some(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        Value::Array(items) => {
            let mut sum = 8;
            for item in items {
                sum += weigh(item, deeper)?;
            }
            sum
        }
        Value::Object(map) => {
            let mut sum = 0;
            for (name, value) in map {
                sum += name.len() + weigh(value, deeper)?;
            }
            sum
        }
    })
}

/// Writes the columns of a row.
struct Row<'a> {
    rows: &'a mut Vec<u8>,
}

impl Row<'_> {
    /// A text that holds nothing to escape.
    fn plain(&mut self, text: &str) {
        self.rows.extend_from_slice(text.as_bytes());
        self.rows.push(b'\t');
    }

    fn text(&mut self, text: &str) {
        self.escaped(text);
        self.rows.push(b'\t');
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.plain("\\N"),
        }
    }

    /// An array literal, which has escapes of its own below those of the row.
    fn labels(&mut self, labels: &[Cow<'_, str>]) {
        let quoted = |label: &Cow<'_, str>| {
            format!("\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\""))
        };
        let labels: Vec<String> = labels.iter().map(quoted).collect();
        self.text(&format!("{{{}}}", labels.join(",")));
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|b| matches!(b, b'\\' | b'\t' | b'\n' | b'\r')) {
            self.rows.extend_from_slice(&rest[..at]);
            self.rows.push(b'\\');
            self.rows.push(match rest[at] {
                b'\t' => b't',
                b'\n' => b'n',
                b'\r' => b'r',
                other => other,
            });
            rest = &rest[at + 1..];
        }
        self.rows.extend_from_slice(rest);
    }

    fn end(&mut self) {
        if let Some(last) = self.rows.last_mut() {
            *last = b'\n';
        }
    }
}
