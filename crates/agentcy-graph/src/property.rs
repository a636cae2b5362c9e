//! Properties as both engines can hold them.
//!
//! Booleans, numbers, texts and lists of one such kind are kept as they are, so that queries can use them.
//! Everything else (objects, mixed lists, integers beyond 64 bits) is kept as JSON text, and the list of
//! such names beside it, so that every value reads back exactly.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    Error, Properties, Result,
    name::{check, kept, shown},
};

/// The most that the texts of one node or edge hold together, in bytes.
pub(crate) const MAX_ITEM: usize = 4 << 20;

/// A value that both engines hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Plain>),
}

/// The properties under their kept names, and the kept names of those that are JSON text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) values: Vec<(String, Plain)>,
    pub(crate) json: Vec<String>,
}

/// Refuses properties that are over a bound.
pub(crate) fn check_properties(properties: &Properties) -> Result<()> {
    let mut bytes = 0;
    for (name, value) in properties {
        check(name)?;
        bytes += name.len() + weight(value);
    }
    if bytes > MAX_ITEM {
        return Err(Error::TooLarge { what: "an item of the graph", limit: MAX_ITEM });
    }
    Ok(())
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 8,
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
    }
}

/// The properties as they are kept.
pub(crate) fn encode(properties: &Properties) -> Encoded {
    let mut encoded = Encoded::default();
    for (name, value) in properties.iter().filter(|(_, value)| !value.is_null()) {
        let name = kept(name).into_owned();
        let plain = plain(value).unwrap_or_else(|| {
            encoded.json.push(name.clone());
            Plain::Text(value.to_string())
        });
        encoded.values.push((name, plain));
    }
    encoded
}

fn plain(value: &Value) -> Option<Plain> {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(scalar).collect::<Option<Vec<_>>>()?;
            let alike = |pair: &[Plain]| {
                std::mem::discriminant(&pair[0]) == std::mem::discriminant(&pair[1])
            };
            items.windows(2).all(alike).then_some(Plain::List(items))
        }
        _ => scalar(value),
    }
}

fn scalar(value: &Value) -> Option<Plain> {
    match value {
        Value::Bool(flag) => Some(Plain::Bool(*flag)),
        Value::Number(number) => match (number.as_i64(), number.is_f64()) {
            (Some(int), _) => Some(Plain::Int(int)),
            (None, true) => number.as_f64().map(Plain::Float),
            (None, false) => None,
        },
        Value::String(text) => Some(Plain::Text(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What was kept, as its user wrote it. Our own names are left out; `None` when a JSON text does not parse.
pub(crate) fn decode<N: AsRef<str>>(
    values: impl IntoIterator<Item = (N, Value)>,
    json: &HashSet<String>,
) -> Option<Properties> {
    let mut properties = Properties::new();
    for (name, value) in values {
        let name = name.as_ref();
        let Some(user) = shown(name) else { continue };
        let value = match value {
            Value::String(text) if json.contains(name) => serde_json::from_str(&text).ok()?,
            value => value,
        };
        properties.insert(user.into_owned(), value);
    }
    Some(properties)
}

impl From<Plain> for Value {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Bool(flag) => flag.into(),
            Plain::Int(int) => int.into(),
            Plain::Float(float) => float.into(),
            Plain::Text(text) => text.into(),
            Plain::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn properties(value: Value) -> Properties {
        let Value::Object(map) = value else { panic!("an object") };
        map
    }

    fn round(encoded: Encoded) -> Option<Properties> {
        let json = encoded.json.into_iter().collect();
        decode(encoded.values.into_iter().map(|(name, plain)| (name, plain.into())), &json)
    }

    #[test]
    fn every_json_value_reads_back() {
        let all = properties(json!({
            "yes": true, "int": -3, "big": u64::MAX, "float": 1.0, "text": "a\0b`'\"\\",
            "list": [1, 2], "words": ["a", "b"], "empty": [], "mixed": [1, 2.5, "x", null],
            "nested": {"a": {"b": [1]}}, "_id": "theirs", "": 0, "{\"json\":1}": "{\"json\":1}",
        }));
        assert_eq!(round(encode(&all)), Some(all));
    }

    #[test]
    fn what_queries_can_use_is_not_json_text() {
        let encoded =
            encode(&properties(json!({"a": 1, "b": ["x"], "c": {"d": 1}, "e": [1, 1.5]})));
        assert_eq!(encoded.json, ["c", "e"]);
    }

    #[test]
    fn a_null_is_the_same_as_nothing() {
        assert_eq!(encode(&properties(json!({"a": null}))), Encoded::default());
    }

    #[test]
    fn too_much_text_is_refused() {
        let text = "x".repeat(MAX_ITEM);
        let large = properties(json!({"a": [text]}));
        assert!(matches!(check_properties(&large), Err(Error::TooLarge { .. })));
    }
}
