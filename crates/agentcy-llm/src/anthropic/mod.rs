//! The wire of Anthropic's messages.

mod body;
mod decode;

use agentcy_egress::{Call, HttpClient};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

use self::body::Body;
pub(crate) use self::decode::Decoder;
use crate::{Error, Request, Result, Settings, ask::Asked, openai::Dialect};

const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
const KEY: HeaderName = HeaderName::from_static("x-api-key");

fn call<T: Serialize>(http: &HttpClient, settings: &Settings, body: &T) -> Result<Call> {
    let (name, version) = VERSION;
    let call = http.post(settings.endpoint("/v1/messages")?).header(name, version).json(body);
    Ok(match &settings.api_key {
        Some(key) => call.secret_header(KEY, key.expose_secret()),
        None => call,
    })
}

/// Asks one question.
pub(crate) fn ask(http: &HttpClient, settings: &Settings, question: &Request) -> Result<Call> {
    let dialect = Dialect::of(settings, settings.model());
    let asked = Asked { request: question, of: "", dialect };
    call(http, settings, &Body::new(settings.model(), asked).at_once())
}

/// Asks for one turn, piece by piece.
pub(crate) fn stream(
    http: &HttpClient,
    settings: &Settings,
    model: &str,
    asked: Asked<'_>,
) -> Result<Call> {
    call(http, settings, &Body::new(model, asked))
}

/// Whether this is an answer.
pub(crate) fn check(answer: &Value) -> Result<()> {
    match answer.get("content") {
        Some(Value::Array(_)) => Ok(()),
        _ => Err(Error::Unreadable("it has no content")),
    }
}
