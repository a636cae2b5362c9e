//! What arguments must fit: a JSON Schema, which is never fetched from anywhere and matched in linear time.

use std::fmt::Write as _;

use agentcy_core::FieldError;
use jsonschema::{PatternOptions, Validator, paths::LocationSegment};
use serde_json::{Map, Value};

/// The most that a schema holds, in bytes of JSON.
pub const MAX_SCHEMA: usize = 64 << 10;
/// The most faults that are told at once.
const MOST_FAULTS: usize = 20;
/// The longest words for one, in characters.
const MAX_WORDS: usize = 300;

/// A schema that arguments are checked against.
#[derive(Debug)]
pub struct ArgsSchema(Validator);

impl ArgsSchema {
    /// Reads a schema, or says what is wrong with it.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("is an object".to_owned());
        }
        if schema.to_string().len() > MAX_SCHEMA {
            return Err("is at most 64 KiB".to_owned());
        }
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        options.build(schema).map(Self).map_err(|error| words(&error.to_string()))
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// What is wrong with a value, by its path; nothing when it fits.
    pub fn faults(&self, value: &Value) -> Vec<FieldError> {
        let errors = self.0.iter_errors(value).take(MOST_FAULTS);
        let fault = |error: jsonschema::ValidationError<'_>| {
            let path = path(error.instance_path().iter());
            FieldError::new(&path, words(&error.to_string()))
        };
        errors.map(fault).collect()
    }
}

/// Whether a schema leaves nothing open: each argument is there, has one value, and there are no others.
pub fn pins_every_argument(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return false };
    if schema.contains_key("const") {
        return true;
    }
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false))
        && !schema.contains_key("patternProperties");
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: &[Value] =
        schema.get("required").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    is_closed
        && schema.get("type") == Some(&"object".into())
        && properties.iter().all(|(name, value)| {
            required.iter().any(|one| one == name)
                && (has_one_value(value) || pins_every_argument(value))
        })
}

fn has_one_value(schema: &Value) -> bool {
    let options = schema.get("enum").and_then(Value::as_array);
    schema.get("const").is_some() || options.is_some_and(|options| options.len() == 1)
}

fn path<'a>(segments: impl Iterator<Item = LocationSegment<'a>>) -> String {
    let mut path = String::new();
    for segment in segments {
        match segment {
            LocationSegment::Index(at) => {
                let _ = write!(path, "[{at}]");
            }
            LocationSegment::Property(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
        }
    }
    if path.is_empty() { "$".to_owned() } else { path }
}

/// The checker quotes the value at fault, which may be long.
fn words(text: &str) -> String {
    if text.chars().count() <= MAX_WORDS {
        return text.to_owned();
    }
    let cut = |count| text.chars().take(count).collect::<String>();
    let end: Vec<char> = text.chars().rev().take(MAX_WORDS / 2).collect();
    format!("{} … {}", cut(MAX_WORDS / 2), end.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_fault_is_told_with_its_path() {
        let schema = ArgsSchema::compile(&json!({
            "type": "object",
            "properties": {
                "key": true,
                "n": { "type": "integer" },
                "list": { "items": { "type": "string" } },
            },
            "required": ["key"],
            "additionalProperties": false,
        }));
        let schema = schema.unwrap();
        assert!(schema.faults(&json!({ "key": 1, "n": 2, "list": ["a"] })).is_empty());
        let faults = schema.faults(&json!({ "n": "2", "list": [1], "other": 1 }));
        let mut paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["$", "$", "list[0]", "n"]);
    }

    #[test]
    fn a_schema_that_leads_elsewhere_or_is_none_is_refused() {
        for bad in [
            json!({ "$ref": "http://127.0.0.1:1/schema.json" }),
            json!({ "$ref": "file:///etc/passwd" }),
            json!({ "type": "whatever" }),
            json!("string"),
            json!({ "pattern": "(a+)+$(?=b)" }),
            json!({ "description": "a".repeat(MAX_SCHEMA) }),
        ] {
            assert!(ArgsSchema::compile(&bad).is_err(), "{bad:.80}");
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        for own in [json!({ "$ref": "#" }), json!({ "allOf": [{ "$ref": "#" }] })] {
            if let Ok(schema) = ArgsSchema::compile(&own) {
                schema.faults(&json!({ "a": [1] }));
            }
        }
    }

    #[test]
    fn a_long_value_is_not_quoted_whole() {
        let schema = ArgsSchema::compile(&json!({ "type": "integer" })).unwrap();
        let faults = schema.faults(&json!("ä".repeat(100_000)));
        assert!(faults[0].message.chars().count() < 400);
        assert!(faults[0].message.ends_with("type \"integer\""));
    }

    #[test]
    fn a_schema_pins_only_what_can_be_nothing_else() {
        let object = |properties: Value, required: Value| {
            json!({ "type": "object", "properties": properties, "required": required,
                    "additionalProperties": false })
        };
        let pinned = [
            json!({ "const": { "id": 1 } }),
            object(json!({}), json!([])),
            object(json!({ "id": { "const": 1 } }), json!(["id"])),
            object(json!({ "id": { "enum": ["a"] } }), json!(["id"])),
            object(
                json!({ "in": object(json!({ "id": { "const": 1 } }), json!(["id"])) }),
                json!(["in"]),
            ),
        ];
        for schema in pinned {
            assert!(pins_every_argument(&schema), "{schema}");
        }
        let mut open = object(json!({ "id": { "const": 1 } }), json!(["id"]));
        open["additionalProperties"] = json!(true);
        let mut patterned = object(json!({}), json!([]));
        patterned["patternProperties"] = json!({ ".*": {} });
        for schema in [
            json!({}),
            json!(true),
            json!({ "type": "object" }),
            object(json!({ "id": { "const": 1 } }), json!([])),
            object(json!({ "id": { "enum": ["a", "b"] } }), json!(["id"])),
            object(json!({ "id": { "type": "string" } }), json!(["id"])),
            open,
            patterned,
        ] {
            assert!(!pins_every_argument(&schema), "{schema}");
        }
    }
}
