//! Sixteen bytes that stand for everything that was said, so that a sync is compared without reading it back.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Takes in what was said, part by part. Each part carries its length, so that two sayings never run into one.
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text);
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    pub(super) fn length(&mut self, length: usize) {
        self.0.update((length as u64).to_le_bytes());
    }

    /// Properties in the order of their names, whatever order the map keeps.
    pub(super) fn properties(&mut self, map: &Map<String, Value>) {
        let mut sorted: Vec<_> = map.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        self.length(sorted.len());
        for (name, value) in sorted {
            self.text(name);
            self.json(value);
        }
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Bool(true) => self.0.update(b"t"),
            Value::Bool(false) => self.0.update(b"f"),
            Value::Number(number) => {
                self.0.update(b"#");
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.0.update(b"s");
                self.text(text);
            }
            Value::Array(items) => {
                self.0.update(b"[");
                self.length(items.len());
                for item in items {
                    self.json(item);
                }
            }
            Value::Object(map) => {
                self.0.update(b"{");
                self.properties(map);
            }
        }
    }

    pub(super) fn finish(self) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0.finalize()[..16]);
        Uuid::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &Value) -> Uuid {
        let mut digest = Digest::new();
        digest.json(value);
        digest.finish()
    }

    #[test]
    fn what_differs_has_another_digest() {
        let all = [
            json!(null),
            json!(""),
            json!("1"),
            json!(1),
            json!([]),
            json!({}),
            json!(["ab"]),
            json!(["a", "b"]),
            json!([["a"], "b"]),
            json!([["a", "b"]]),
            json!({ "a": "b" }),
            json!({ "a": null }),
            json!({ "ab": "" }),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| of(other) != of(one)), "{one}");
        }
    }

    #[test]
    fn the_order_of_properties_does_not_count() {
        let (one, two) = (r#"{"a":1,"b":{"c":2,"d":3}}"#, r#"{"b":{"d":3,"c":2},"a":1}"#);
        let parse = |text| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(of(&parse(one)), of(&parse(two)));
    }
}
