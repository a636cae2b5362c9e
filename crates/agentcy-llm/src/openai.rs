//! The wire of OpenAI's chat completions, which many servers speak.

use agentcy_egress::{Call, HttpClient};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{Error, Result, Settings};

/// How the most tokens of an answer are named. Servers know the old name, some models of OpenAI
/// only the new one: <https://platform.openai.com/docs/api-reference/chat/create>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    MaxTokens,
    MaxCompletionTokens,
}

impl Bound {
    const fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// Asks one question.
pub(crate) fn ask(
    http: &HttpClient,
    settings: &Settings,
    question: &str,
    tokens: u32,
    bound: Bound,
) -> Result<Call> {
    let body = json!({
        "model": settings.model(),
        "messages": [{ "role": "user", "content": question }],
        (bound.name()): tokens,
    });
    let call = http.post(settings.endpoint("/chat/completions")?).json(&body);
    Ok(match &settings.api_key {
        Some(key) => call.bearer(key.expose_secret()),
        None => call,
    })
}

/// Whether the refusal asks for the new name of the bound.
pub(crate) fn wants_completion_tokens(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 400, message, .. }
        if message.contains(Bound::MaxCompletionTokens.name()))
}

/// Whether this is an answer. No more is asked of it: servers differ in everything else.
pub(crate) fn check(answer: &Value) -> Result<()> {
    match answer.get("choices").and_then(Value::as_array) {
        Some(choices) if !choices.is_empty() => Ok(()),
        _ => Err(Error::Unreadable("it has no choices")),
    }
}
