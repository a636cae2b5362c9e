//! The figure that a decision is bound to: tool, arguments, effect and version of the source.

use agentcy_core::tool::Effect;
use agentcy_platform::sources::ToolCall;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::args::Tool;

/// The version of the tools that are no source's.
const OWN_VERSION: &str = "1";

/// What a person decides on, in 32 bytes.
pub type CallDigest = [u8; 32];

/// Of a call of a tool that is no source's.
pub(super) fn of_own(tool: Tool, args: &Value) -> CallDigest {
    digest(tool.name(), None, OWN_VERSION, effect_name(tool.effect()), args)
}

/// Of a call of a source's tool.
pub(super) fn of_source(call: &ToolCall) -> CallDigest {
    let (id, version) = (call.source.to_string(), call.version.timestamp_micros().to_string());
    digest(&call.tool, Some(&id), &version, effect_name(call.effect), &call.args)
}

/// Of what the arguments of a standing approval must fit.
pub(super) fn of_schema(schema: &Value) -> [u8; 32] {
    let mut text = Vec::with_capacity(256);
    write(schema, &mut text);
    Sha256::digest(&text).into()
}

/// What an effect is called, as in the API.
pub(super) const fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destructive => "destructive",
    }
}

/// What a call is, wherever its arguments were kept meanwhile.
fn digest(
    tool: &str,
    connector: Option<&str>,
    version: &str,
    effect: &str,
    args: &Value,
) -> CallDigest {
    let mut text = Vec::with_capacity(256);
    for part in [tool, connector.unwrap_or_default(), version, effect] {
        write(&part.into(), &mut text);
        text.push(b',');
    }
    write(args, &mut text);
    Sha256::digest(&text).into()
}

/// JSON with sorted keys. JSON in the database knows no negative zero, so neither does this.
fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_unstable_by_key(|(name, _)| *name);
            text.push(b'{');
            for (name, value) in pairs {
                write(&Value::from(name.as_str()), text);
                text.push(b':');
                write(value, text);
                text.push(b',');
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for item in items {
                write(item, text);
                text.push(b',');
            }
            text.push(b']');
        }
        Value::Number(number) if number.is_f64() && number.as_f64() == Some(0.0) => {
            text.extend_from_slice(b"0.0");
        }
        other => text.extend_from_slice(other.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(args: &Value) -> CallDigest {
        digest("tool", Some("src_1"), "1", "write", args)
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_all_else_does() {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        let one = of(&read(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#));
        assert_eq!(one, of(&read(r#"{ "b": {"d": "x", "c": [1, 2]}, "a": 1 }"#)));
        for other in [
            r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#,
            r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#,
            r#"{"a":1.0,"b":{"c":[1,2],"d":"x"}}"#,
            r#"{"a":1,"b":{"c":[1,2],"d":"x"},"e":null}"#,
            r#"{"a":1,"b":{"c":[[1],2],"d":"x"}}"#,
        ] {
            assert_ne!(one, of(&read(other)), "{other}");
        }
        assert_eq!(of(&json!({ "n": -0.0 })), of(&json!({ "n": 0.0 })));
    }

    #[test]
    fn no_part_can_be_taken_for_another() {
        let args = json!({});
        let one = digest("a", Some("b"), "1", "read", &args);
        for (tool, connector, version, effect) in [
            ("a,b", None, "1", "read"),
            ("a", Some("b\",\"1"), "", "read"),
            ("b", Some("a"), "1", "read"),
            ("a", Some("b"), "2", "read"),
            ("a", Some("b"), "1", "write"),
        ] {
            assert_ne!(one, digest(tool, connector, version, effect, &args));
        }
    }
}
