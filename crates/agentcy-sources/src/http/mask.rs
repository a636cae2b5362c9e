//! Our own secrets out of what the other side says.

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::Credentials;

const MASK: &str = "****";
/// What is shorter is in every text.
const SHORTEST: usize = 4;

/// The texts that are not shown.
pub(super) struct Mask(Vec<String>);

impl Mask {
    /// Every secret in the forms in which it may come back: whole, without its scheme, and escaped.
    pub(super) fn new(credentials: &Credentials) -> Self {
        let mut texts = Vec::new();
        for secret in credentials.values() {
            let secret = secret.expose_secret().trim();
            let token = secret.rsplit(' ').next().unwrap_or_default();
            let decoded =
                STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let password = decoded
                .as_deref()
                .and_then(|pair| pair.split_once(':'))
                .map(|(_, password)| password);
            for text in
                [Some(secret), Some(token), decoded.as_deref(), password].into_iter().flatten()
            {
                let json = Value::from(text).to_string();
                texts.push(json[1..json.len() - 1].to_owned());
                texts.push(utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
                texts.push(STANDARD.encode(text));
                texts.push(text.to_owned());
            }
        }
        texts.retain(|text| text.len() >= SHORTEST);
        // The longer first: what is part of another goes with it.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self(texts)
    }

    /// A text without secrets.
    pub(super) fn text(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), MASK) } else { text }
        })
    }

    /// A value without secrets, names included.
    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => {
                map.into_iter().map(|(name, value)| (self.text(name), self.value(value))).collect()
            }
            Value::Number(number) => {
                let text = number.to_string();
                let shown = self.text(text.clone());
                if shown == text { Value::Number(number) } else { shown.into() }
            }
            plain => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let pair = |secret: &&str| ((*secret).to_owned(), (*secret).into());
        Mask::new(&secrets.iter().map(pair).collect())
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_it_may_come_back_in() {
        let mask = mask(&["Bearer s3cr\"t/x", "Basic YWRhOmh1bnRlcjI=", "271828"]);
        let shown = mask.value(json!({
            "s3cr\"t/x": "got Bearer s3cr\"t/x",
            "list": ["s3cr%22t%2Fx", 7, null, "czNjciJ0L3g=", 271_828],
            "basic": "Basic YWRhOmh1bnRlcjI= is ada:hunter2, password hunter2",
        }));
        assert_eq!(
            shown,
            json!({
                "****": "got ****",
                "list": ["****", 7, null, "****", "****"],
                "basic": "**** is ****, password ****",
            })
        );
        assert_eq!(mask.text(r#"{"echo":"s3cr\"t/x"#.to_owned()), r#"{"echo":"****"#);
    }
}
