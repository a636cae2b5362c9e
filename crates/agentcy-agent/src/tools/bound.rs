//! Results cut to what a model is told at once, which say what was cut.

use serde_json::{Map, Value};

/// The most that one call tells a model, in bytes of JSON.
pub const MAX_RESULT: usize = 32 << 10;
/// What is left for the words around the items of a result.
const WORDS: usize = 1024;
/// The most that a property of a node or an edge tells, in bytes of JSON.
const MAX_PROPERTY: usize = 1024;
/// The deepest that an answer of a source is shown.
const MAX_DEPTH: usize = 12;

/// What is left of a result's room.
pub(super) struct Room(usize);

impl Room {
    pub(super) const fn new() -> Self {
        Self(MAX_RESULT - WORDS)
    }

    /// Takes the place of a value, if there is enough.
    pub(super) fn takes(&mut self, value: &Value) -> bool {
        let left = self.0.checked_sub(len(value) + 1);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

fn len(value: &Value) -> usize {
    value.to_string().len()
}

/// Properties of a node or an edge, long values cut. Tells whether any was.
pub(super) fn properties(map: Map<String, Value>) -> (Map<String, Value>, bool) {
    let mut was_cut = false;
    let mut kept = Map::new();
    for (name, value) in map {
        let bytes = len(&value);
        let value = if bytes > MAX_PROPERTY {
            was_cut = true;
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            format!("{} … (cut, {bytes} bytes)", beginning(&text, MAX_PROPERTY / 2)).into()
        } else {
            value
        };
        kept.insert(beginning(&name, MAX_PROPERTY / 4).to_owned(), clean(value));
    }
    (kept, was_cut)
}

/// The longest beginning of at most so many bytes.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// The database keeps no U+0000, and no model needs it.
pub(super) fn clean(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").into(),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(map) => {
            let pairs =
                map.into_iter().map(|(name, one)| (name.replace('\0', "\u{fffd}"), clean(one)));
            Value::Object(pairs.collect())
        }
        other => other,
    }
}

/// An answer of any shape, cut until it is at most so long; says how it was cut.
pub(super) fn shrink(value: Value, most: usize) -> (Value, Option<String>) {
    let bytes = len(&value);
    if bytes <= most {
        return (value, None);
    }
    for (text, items) in
        [(8192, 256), (4096, 128), (2048, 64), (1024, 32), (512, 16), (256, 8), (128, 4)]
    {
        let cut = cut(&value, text, items, MAX_DEPTH);
        if len(&cut) <= most {
            let note = format!(
                "the answer has {bytes} bytes: texts are cut to {text} bytes, lists and objects to {items} items; \
                 ask for less at once"
            );
            return (cut, Some(note));
        }
    }
    // A sixth, since a character may take six bytes inside JSON.
    let text = beginning(&value.to_string(), most / 6).to_owned();
    (text.into(), Some(format!("the answer has {bytes} bytes, of which this is the beginning")))
}

fn cut(value: &Value, text: usize, items: usize, depth: usize) -> Value {
    match value {
        Value::String(long) if long.len() > text => format!("{} …", beginning(long, text)).into(),
        Value::Array(list) if depth == 0 && !list.is_empty() => "[…]".into(),
        Value::Object(map) if depth == 0 && !map.is_empty() => "{…}".into(),
        Value::Array(list) => {
            list.iter().take(items).map(|one| cut(one, text, items, depth - 1)).collect()
        }
        Value::Object(map) => {
            let pairs = map.iter().take(items).map(|(name, one)| {
                (beginning(name, text).to_owned(), cut(one, text, items, depth - 1))
            });
            Value::Object(pairs.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_property_is_cut_and_says_so() {
        let map =
            json!({ "short": "a", "long": "ä".repeat(5000), "list": vec![7; 2000], "nul": "a\0b" });
        let Value::Object(map) = map else { unreachable!() };
        let (kept, was_cut) = properties(map);
        assert!(was_cut);
        assert_eq!((&kept["short"], &kept["nul"]), (&json!("a"), &json!("a\u{fffd}b")));
        for name in ["long", "list"] {
            let text = kept[name].as_str().unwrap();
            assert!(text.len() <= MAX_PROPERTY && text.contains("bytes)"), "{text}");
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let value = json!({ "a": ["b", 1, null] });
        assert_eq!(shrink(value.clone(), 1000), (value, None));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            "[a\"\\\\\u{1}ä]{0,2000}".prop_map(Value::from)
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((".{0,40}", inner), 0..8)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_was_cut_fits_and_says_so(value in any_json(), most in 600_usize..4000) {
            let whole = len(&value);
            let (kept, note) = shrink(value, most);
            prop_assert!(len(&kept) <= most);
            prop_assert_eq!(note.is_some(), whole > most);
        }
    }
}
