//! PostgreSQL holds no U+0000 in text and JSON. What goes in is escaped where it holds one, and comes out as it was.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Stands before what is escaped: a private character, hardly ever seen, and escaped itself where it is.
const MARK: char = '\u{f8f0}';
const NUL: char = '0';
const MARK_ITSELF: char = '1';

fn is_hostile(text: &str) -> bool {
    text.contains(['\0', MARK])
}

/// A text as the tables keep it.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !is_hostile(text) {
        return text.into();
    }
    let mut kept = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\0' => kept.extend([MARK, NUL]),
            MARK => kept.extend([MARK, MARK_ITSELF]),
            c => kept.push(c),
        }
    }
    kept.into()
}

/// A text as it was given.
pub(crate) fn unescape(kept: String) -> String {
    if !kept.contains(MARK) {
        return kept;
    }
    let mut text = String::with_capacity(kept.len());
    let mut rest = kept.chars();
    while let Some(c) = rest.next() {
        match c {
            MARK => text.push(if rest.next() == Some(NUL) { '\0' } else { MARK }),
            c => text.push(c),
        }
    }
    text
}

/// A JSON value as the tables keep it, keys included.
pub(crate) fn escape_json(value: &Value) -> Cow<'_, Value> {
    if !is_hostile_json(value) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(match value {
        Value::String(text) => Value::String(escape(text).into_owned()),
        Value::Array(items) => items.iter().map(|item| escape_json(item).into_owned()).collect(),
        Value::Object(map) => Value::Object(escape_map(map).into_owned()),
        other => other.clone(),
    })
}

/// Properties as the tables keep them.
pub(crate) fn escape_map(map: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    if !map.iter().any(|(key, value)| is_hostile(key) || is_hostile_json(value)) {
        return Cow::Borrowed(map);
    }
    let escaped = |(key, value): (&String, &Value)| {
        (escape(key).into_owned(), escape_json(value).into_owned())
    };
    Cow::Owned(map.iter().map(escaped).collect())
}

fn is_hostile_json(value: &Value) -> bool {
    match value {
        Value::String(text) => is_hostile(text),
        Value::Array(items) => items.iter().any(is_hostile_json),
        Value::Object(map) => map.iter().any(|(k, v)| is_hostile(k) || is_hostile_json(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A JSON value as it was given.
pub(crate) fn unescape_json(kept: Value) -> Value {
    match kept {
        Value::String(text) => Value::String(unescape(text)),
        Value::Array(items) => items.into_iter().map(unescape_json).collect(),
        Value::Object(map) => Value::Object(unescape_map(map)),
        other => other,
    }
}

/// Properties as they were given.
pub(crate) fn unescape_map(kept: Map<String, Value>) -> Map<String, Value> {
    kept.into_iter().map(|(key, value)| (unescape(key), unescape_json(value))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[\0\u{f8f0}01a]{0,8}"]
    }

    proptest! {
        #[test]
        fn a_text_reads_back_as_it_was_and_is_kept_without_nul(text in text()) {
            let kept = escape(&text).into_owned();
            prop_assert!(!kept.contains('\0'));
            prop_assert_eq!(unescape(kept), text);
        }

        #[test]
        fn json_reads_back_as_it_was_and_is_kept_without_nul(
            (key, one, two) in (text(), text(), text()),
        ) {
            let value = json!({ key.as_str(): [one, { two.as_str(): null }], "n": 1 });
            let kept = escape_json(&value).into_owned();
            prop_assert!(!kept.to_string().contains("\\u0000"));
            prop_assert_eq!(unescape_json(kept), value);
        }

        #[test]
        fn two_texts_are_never_kept_as_one(one in text(), two in text()) {
            prop_assert_eq!(one == two, escape(&one) == escape(&two));
        }
    }

    #[test]
    fn a_plain_text_is_kept_as_it_is() {
        assert!(matches!(escape("naïve \u{202e} \\u0000 \\0"), Cow::Borrowed(_)));
    }
}
