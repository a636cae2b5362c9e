//! Answers of tools, cut to what may be answered.

use serde_json::Value;

/// How many bytes a value is as JSON.
pub(crate) fn json_len(value: &Value) -> usize {
    match value {
        Value::Null => 4,
        Value::Bool(flag) => 5 - usize::from(*flag),
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text_len(text),
        Value::Array(items) => {
            2 + items.len().saturating_sub(1) + items.iter().map(json_len).sum::<usize>()
        }
        Value::Object(map) => {
            let pairs = map.iter().map(|(name, value)| text_len(name) + 1 + json_len(value));
            2 + map.len().saturating_sub(1) + pairs.sum::<usize>()
        }
    }
}

fn text_len(text: &str) -> usize {
    2 + text.chars().map(char_len).sum::<usize>()
}

/// How many bytes a character is inside JSON text, as `serde_json` writes it.
const fn char_len(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

/// The longest beginning of a text that is at most so many bytes as JSON.
pub(crate) fn fit(text: &str, room: usize) -> &str {
    let mut left = room.saturating_sub(2);
    for (at, character) in text.char_indices() {
        match left.checked_sub(char_len(character)) {
            Some(less) => left = less,
            None => return &text[..at],
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_length_is_that_of_the_written_json(value in any_json()) {
            prop_assert_eq!(json_len(&value), value.to_string().len());
        }

        #[test]
        fn a_cut_text_is_a_beginning_that_fits(text: String, room in 2usize..200) {
            let cut = fit(&text, room);
            prop_assert!(text.starts_with(cut));
            prop_assert!(json_len(&cut.into()) <= room);
            if cut != text {
                let longer: String = text.chars().take(cut.chars().count() + 1).collect();
                prop_assert!(json_len(&longer.into()) > room);
            }
        }
    }
}
