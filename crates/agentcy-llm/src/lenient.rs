//! Text as servers write it: a string, nothing, a number, or an array of parts.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Text that borrows from the event wherever JSON allows it; what is no text is empty.
#[derive(Debug, Default)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any).map(Text)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    /// Parts: those that are text are joined, thoughts and pictures are not.
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let mut joined = String::new();
        while let Some(part) = parts.next_element::<Part<'de>>()? {
            joined.push_str(&part.text.0);
        }
        Ok(Cow::Owned(joined))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_from_whatever_holds_it() {
        for (json, text) in [
            (r#""plain""#, "plain"),
            (r#""esc\naped ä""#, "esc\naped ä"),
            ("null", ""),
            ("true", ""),
            ("17", "17"),
            ("-1", "-1"),
            (r#"{"a":{"b":[1]}}"#, ""),
            (
                r#"[{"type":"text","text":"a"},{"type":"thinking","thinking":[{}]},{"text":"b"}]"#,
                "ab",
            ),
        ] {
            let read: Text<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(read.0, text, "{json}");
        }
        let read: Text<'_> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(read.0, Cow::Borrowed(_)));
    }
}
