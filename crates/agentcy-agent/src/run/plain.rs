//! Text that PostgreSQL can keep: it knows no NUL.

use serde_json::Value;

/// The text with another character in place of each NUL.
pub(crate) fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The same for every text in a value, names included.
pub(crate) fn value(value: Value) -> Value {
    match value {
        Value::String(words) => Value::String(text(words)),
        Value::Array(items) => items.into_iter().map(self::value).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, field)| (text(name), self::value(field)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// The first characters of a text, on one line.
pub(crate) fn head(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default().trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_kept_is_replaced_wherever_it_stands() {
        assert_eq!(text("a\0b".to_owned()), "a\u{fffd}b");
        assert_eq!(value(json!({ "\0": ["\0", 1] })), json!({ "\u{fffd}": ["\u{fffd}", 1] }));
    }

    #[test]
    fn a_head_is_cut_between_characters() {
        assert_eq!(head("wer\n ist  das", 20), "wer ist das");
        assert_eq!(head("äöü", 2), "äö…");
    }
}
