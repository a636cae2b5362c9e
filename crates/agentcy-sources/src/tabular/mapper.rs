//! Records of a file to nodes and edges.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
};

use agentcy_core::Timestamp;
use serde_json::{Map, Value};

use super::mapping::{Direction, MAX_NAME, Mapping, Relation, Target};
use crate::{EdgeRecord, End, NodeRecord, Record, ids};

/// How much of a text a message quotes, in characters.
const QUOTED: usize = 60;

/// Why a record is no record.
type Fault = String;

/// The same, and whether the key it was told by before is known to be there.
pub(crate) struct Unfit {
    pub(crate) message: Fault,
    pub(crate) hides: bool,
}

impl From<Fault> for Unfit {
    fn from(message: Fault) -> Self {
        Self { message, hides: true }
    }
}

type Fields = Map<String, Value>;

/// Turns records into nodes and edges, and knows which keys came before.
pub(crate) struct Mapper<'a> {
    mapping: &'a Mapping,
    seen: Seen,
    made: Seen,
}

/// Texts that came before, by a hash of 64 bits that no file can foretell: a false match takes
/// thousands of millions of records.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl Seen {
    fn insert(&mut self, text: &str) -> bool {
        self.hashes.insert(self.state.hash_one(text))
    }
}

impl<'a> Mapper<'a> {
    pub(crate) fn new(mapping: &'a Mapping) -> Self {
        Self { mapping, seen: Seen::default(), made: Seen::default() }
    }

    /// What a record says.
    pub(crate) fn map(&mut self, mut fields: Fields) -> Result<Vec<Record>, Unfit> {
        let mapping = self.mapping;
        let key =
            fields.get(&mapping.key).ok_or_else(|| format!("has no {}", quote(&mapping.key)))?;
        let key =
            text(key).ok_or_else(|| format!("{} is no text or number", quote(&mapping.key)))?;
        let id = own_id(&key)?;
        if let Some(long) = fields.keys().find(|name| name.len() > MAX_NAME) {
            return Err(format!("the field name {} is over {MAX_NAME} bytes", quote(long)).into());
        }
        let valid_from = self.valid_from(&mut fields)?;
        let mut records = Vec::new();
        let mut made = Vec::new();
        for relation in &mapping.relations {
            if let Some(value) = fields.get(&relation.field) {
                relate(relation, &id, value, &mut records, &mut made)?;
            }
        }
        if !self.seen.insert(&id) {
            let message = format!("the key {} came before", quote(&key));
            return Err(Unfit { message, hides: false });
        }
        for (id, node) in made {
            if self.made.insert(&id) {
                records.push(Record::Node(node));
            }
        }
        let related = |name: &str| mapping.relations.iter().any(|one| one.field == name);
        let name = mapping.name.as_ref().and_then(|name| fields.get(name)).and_then(text);
        fields.retain(|name, value| !value.is_null() && (*name == mapping.key || !related(name)));
        if let Some(name) = name {
            fields.insert("name".to_owned(), name.into());
        }
        let key = match &mapping.shared {
            Some(prefix) => Some(bounded(format!("{prefix}{key}"))?),
            None => None,
        };
        let labels = mapping.label.as_slice().to_vec();
        records.push(Record::Node(NodeRecord {
            external_id: id,
            key,
            labels,
            properties: fields,
            valid_from,
        }));
        Ok(records)
    }

    fn valid_from(&self, fields: &mut Fields) -> Result<Option<Timestamp>, Fault> {
        let Some(field) = &self.mapping.valid_from else { return Ok(None) };
        let wrong = || format!("{} is no RFC 3339 time", quote(field));
        match fields.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(time)) => {
                let time = chrono::DateTime::parse_from_rfc3339(&time).map_err(|_| wrong())?;
                Ok(Some(time.to_utc()))
            }
            Some(_) => Err(wrong()),
        }
    }
}

/// The edges of one field, and the nodes that its values make.
fn relate(
    relation: &Relation,
    id: &str,
    value: &Value,
    edges: &mut Vec<Record>,
    made: &mut Vec<(String, NodeRecord)>,
) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for value in values(relation, value)? {
        if !seen.insert(value.clone()) {
            continue;
        }
        let other = match &relation.to {
            None => End::Own(own_id(&value)?),
            Some(Target { label, shared }) => {
                let key = match shared {
                    Some(prefix) => Some(bounded(format!("{prefix}{value}"))?),
                    None => None,
                };
                let own = match label {
                    Some(label) => {
                        let node = made_node(label, &value, key.clone())?;
                        let own = node.external_id.clone();
                        made.push((own.clone(), node));
                        own
                    }
                    None => String::new(),
                };
                key.map_or(End::Own(own), |key| End::Shared { key })
            }
        };
        let external_id = ids::joined(&[&relation.field, &relation.edge_type, id, &value]);
        let (from, to) = match relation.direction {
            Direction::Out => (End::Own(id.to_owned()), other),
            Direction::In => (other, End::Own(id.to_owned())),
        };
        edges.push(Record::Edge(EdgeRecord {
            external_id,
            edge_type: relation.edge_type.clone(),
            from,
            to,
            key: String::new(),
            properties: Fields::new(),
            valid_from: None,
        }));
    }
    Ok(())
}

fn made_node(label: &str, value: &str, key: Option<String>) -> Result<NodeRecord, Fault> {
    let escaped = label.replace('%', "%25").replace('#', "%23");
    Ok(NodeRecord {
        external_id: bounded(format!("#{escaped}#{value}"))?,
        key,
        labels: vec![label.to_owned()],
        properties: [("name".to_owned(), value.into())].into_iter().collect(),
        valid_from: None,
    })
}

/// What a field of a relation names.
fn values(relation: &Relation, value: &Value) -> Result<Vec<String>, Fault> {
    let wrong = || format!("{} is no text, number or list of them", quote(&relation.field));
    let mut values = Vec::new();
    let mut add = |value: &Value| -> Result<(), Fault> {
        let all = text(value).ok_or_else(wrong)?;
        match &relation.separator {
            Some(separator) => {
                values.extend(all.split(separator.as_str()).map(|one| one.trim().to_owned()));
            }
            None => values.push(all),
        }
        Ok(())
    };
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().try_for_each(add)?,
        value => add(value)?,
    }
    values.retain(|value| !value.is_empty());
    Ok(values)
}

/// A text or a number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The external id of a record: its key, told apart from the ids of nodes that relations make.
fn own_id(key: &str) -> Result<String, Fault> {
    if key.is_empty() {
        return Err("the key is empty".to_owned());
    }
    bounded(if key.starts_with('#') { format!("#{key}") } else { key.to_owned() })
}

fn bounded(id: String) -> Result<String, Fault> {
    if id.len() <= MAX_NAME {
        Ok(id)
    } else {
        Err(format!("the key {} is over {MAX_NAME} bytes", quote(&id)))
    }
}

/// The beginning of a text as a message shows it.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    format!("{quoted:?}")
}
