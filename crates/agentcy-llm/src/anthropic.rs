//! The wire of Anthropic's messages.

use agentcy_egress::{Call, HttpClient};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{Error, Result, Settings};

const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
const KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Asks one question.
pub(crate) fn ask(
    http: &HttpClient,
    settings: &Settings,
    question: &str,
    tokens: u32,
) -> Result<Call> {
    let body = json!({
        "model": settings.model(),
        "messages": [{ "role": "user", "content": question }],
        "max_tokens": tokens,
    });
    let (name, version) = VERSION;
    let call = http.post(settings.endpoint("/v1/messages")?).header(name, version).json(&body);
    Ok(match &settings.api_key {
        Some(key) => call.secret_header(KEY, key.expose_secret()),
        None => call,
    })
}

/// Whether this is an answer.
pub(crate) fn check(answer: &Value) -> Result<()> {
    match answer.get("content") {
        Some(Value::Array(_)) => Ok(()),
        _ => Err(Error::Unreadable("it has no content")),
    }
}
