//! Rules that texts of people keep. PostgreSQL takes no NUL, so none may pass here.

use serde_json::Value;

pub(crate) const NAME_RULE: &str = "1 to 100 characters, not only spaces, no control characters";

pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control)
}

/// Text of several lines.
pub(crate) fn is_prose(text: &str, most: usize) -> bool {
    text.chars().count() <= most
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_has_one_to_a_hundred_visible_characters() {
        assert!(is_name("Ada") && is_name(&"ä".repeat(100)));
        assert!(!is_name("") && !is_name("  ") && !is_name("a\0") && !is_name(&"a".repeat(101)));
    }

    #[test]
    fn a_nul_is_found_wherever_it_hides() {
        assert!(holds_nul(&json!({ "a": [{ "b": "x\0" }] })));
        assert!(holds_nul(&json!({ "a\0": 1 })));
        assert!(!holds_nul(&json!({ "a": ["\\u0000", 1, null] })));
    }
}
