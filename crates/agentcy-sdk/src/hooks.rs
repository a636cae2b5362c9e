//! Webhooks from the sender's side: how a delivery is signed, and sent.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{Client, Error, call::random_text};

const PREFIX: &str = "whsec_";

/// The secret of a webhook, as it was shown when the task was made.
#[derive(Clone)]
pub struct HookSecret(SecretString);

/// Says nothing.
impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret")
    }
}

impl From<SecretString> for HookSecret {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl HookSecret {
    /// The value of `X-Agentcy-Signature` for a body.
    pub fn sign(&self, body: &[u8]) -> String {
        let code = code(self.0.expose_secret().as_bytes(), &[body]);
        format!("sha256={}", hex::encode(code))
    }

    /// The value of `webhook-signature` (Standard Webhooks) for a body with an id and a time.
    pub fn sign_standard(&self, id: &str, at: DateTime<Utc>, body: &[u8]) -> Result<String, Error> {
        let text = self.0.expose_secret();
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text));
        let bytes = bytes.map_err(|_| Error::invalid("the secret is none of a webhook"))?;
        let timestamp = at.timestamp().to_string();
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        Ok(format!("v1,{}", STANDARD.encode(code(&bytes, &signed))))
    }
}

impl HookSecret {
    /// The headers of a delivery that has an id. With a time it is signed as Standard Webhooks does.
    pub fn headers(
        &self,
        delivery: &Delivery,
        at: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<&'static str, String>, Error> {
        let Delivery { body, content_type, id } = delivery;
        let id = id.clone().ok_or_else(|| Error::invalid("the delivery has no id"))?;
        let mut headers = BTreeMap::from([("content-type", content_type.clone())]);
        match at {
            None => {
                headers.insert("x-agentcy-signature", self.sign(body));
                headers.insert("x-agentcy-delivery", id);
            }
            Some(at) => {
                headers.insert("webhook-signature", self.sign_standard(&id, at, body)?);
                headers.insert("webhook-timestamp", at.timestamp().to_string());
                headers.insert("webhook-id", id);
            }
        }
        Ok(headers)
    }
}

fn code(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Something to deliver.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What is sent, byte for byte.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: String,
    /// What it is known by, so that a repeat has no effect; random unless said.
    pub id: Option<String>,
}

impl Delivery {
    /// JSON.
    pub fn json(body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|error| Error::invalid(format!("the body: {error}")))?;
        Ok(Self { body, content_type: "application/json".to_owned(), id: None })
    }

    /// The same with an id: a random one unless it has one.
    pub fn named(self) -> Result<Self, Error> {
        let id = match self.id {
            Some(id) => id,
            None => random_text()?,
        };
        Ok(Self { id: Some(id), ..self })
    }
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Delivered {
    /// The delivery.
    pub delivery_id: String,
    /// The run of the task that it set off.
    pub run_id: String,
    /// Whether it had come before; then the ids are the first ones.
    #[serde(default)]
    pub duplicate: bool,
}

impl Client {
    /// Signs and sends a delivery. It needs no token, and has its effect once however often it is sent.
    pub async fn deliver(
        &self,
        trigger_id: &str,
        secret: &HookSecret,
        delivery: &Delivery,
    ) -> Result<Delivered, Error> {
        let delivery = delivery.clone().named()?;
        let headers = secret.headers(&delivery, None)?;
        let mut call = self.post(&["hooks", trigger_id]).anonymous().harmless();
        for (name, value) in headers {
            let value = HeaderValue::from_str(&value)
                .map_err(|_| Error::invalid(format!("the header {name} cannot hold that")))?;
            call = call.header(HeaderName::from_static(name), value);
        }
        call.raw(delivery.body).read().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> HookSecret {
        SecretString::from(text).into()
    }

    /// RFC 4231, test case 2, and the vector of the library of Standard Webhooks.
    #[test]
    fn signatures_are_those_that_were_published() {
        let body = b"what do ya want for nothing?";
        let right = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(secret("Jefe").sign(body), right);
        let secret = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let at = DateTime::from_timestamp(1_649_367_553, 0).unwrap();
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = secret.sign_standard("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", at, body).unwrap();
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", secret("whsec_abc")).contains("abc"));
    }
}
