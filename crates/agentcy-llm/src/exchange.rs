//! One request and its answer: what is the same on every wire.

use std::time::Duration;

use agentcy_egress::{Answer, Call};
use chrono::{DateTime, FixedOffset};
use reqwest::header::{DATE, HeaderName, RETRY_AFTER};
use secrecy::SecretString;
use serde_json::Value;

use crate::{Error, Result, words};

/// The most that is read of an answer that is not streamed.
const ANSWER_LIMIT: usize = 4 << 20;
/// The most that is read of a refusal to find its words.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Sends a call and gives the answer when the provider agreed.
pub(crate) async fn agreed(call: Call, key: Option<&SecretString>) -> Result<Answer> {
    let answer = call.send().await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let retry_after = retry_after(&answer);
    // A body that breaks off says less, but the status still says no.
    let body = answer.read_start(REFUSAL_LIMIT).await.unwrap_or_default();
    let said = words::said(&body).or_else(|| status.canonical_reason().map(str::to_owned));
    let message = words::clean(&said.unwrap_or_default(), key);
    Err(Error::refused(status.as_u16(), message, retry_after))
}

/// The JSON of an answer. Some gateways say no with status 200: then their words count.
pub(crate) async fn json(answer: Answer, key: Option<&SecretString>) -> Result<Value> {
    let status = answer.status().as_u16();
    let body = answer.read_bounded(ANSWER_LIMIT).await?;
    let value: Value =
        serde_json::from_slice(&body).map_err(|_| Error::Unreadable("it is not JSON"))?;
    if value.get("error").is_some_and(|error| !error.is_null()) {
        let message = words::clean(&words::said(&body).unwrap_or_default(), key);
        return Err(Error::refused(status, message, None));
    }
    Ok(value)
}

/// How long to wait. The header has seconds, or a date, which counts from the answer's own; milliseconds stand in another.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = |name: HeaderName| answer.headers().get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text(HeaderName::from_static("retry-after-ms")) {
        return millis.parse().ok().map(Duration::from_millis);
    }
    let value = text(RETRY_AFTER)?;
    if let Ok(secs) = value.parse() {
        return Some(Duration::from_secs(secs));
    }
    let (until, now) = (date(value)?, date(text(DATE)?)?);
    Some((until - now).to_std().unwrap_or_default())
}

fn date(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc2822(text).ok()
}
