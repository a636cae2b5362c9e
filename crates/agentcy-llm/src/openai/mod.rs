//! The wire of OpenAI's chat completions, which many servers speak.

mod body;
mod decode;

use agentcy_egress::{Call, HttpClient};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

use self::body::Body;
pub(crate) use self::decode::Decoder;
use crate::{Error, Request, Result, Settings};

/// How the most tokens of an answer are named. Servers know the old name, some models of OpenAI
/// only the new one: <https://platform.openai.com/docs/api-reference/chat/create>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    MaxTokens,
    MaxCompletionTokens,
    /// It is left to the server.
    Unsaid,
}

impl Bound {
    const fn name(self) -> &'static str {
        match self {
            Self::MaxTokens | Self::Unsaid => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::MaxTokens => Some(Self::MaxCompletionTokens),
            Self::MaxCompletionTokens => Some(Self::Unsaid),
            Self::Unsaid => None,
        }
    }
}

/// What a server takes of what not all take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) bound: Bound,
    /// Whether it may be asked to tell what was used.
    pub(crate) usage: bool,
}

impl Dialect {
    /// What is tried first.
    pub(crate) const fn of(settings: &Settings) -> Self {
        let bound = match settings.base_url {
            // OpenAI takes the new name for all models, the old one for some.
            None => Bound::MaxCompletionTokens,
            Some(_) => Bound::MaxTokens,
        };
        Self { bound, usage: true }
    }

    /// What is tried next, where the refusal names what it does not take.
    pub(crate) fn after(self, error: &Error) -> Option<Self> {
        let Error::Refused { status: 400 | 422, message, .. } = error else { return None };
        if self.usage && ["stream_options", "include_usage"].iter().any(|it| message.contains(it)) {
            return Some(Self { usage: false, ..self });
        }
        let names = [Bound::MaxTokens, Bound::MaxCompletionTokens];
        if names.iter().any(|bound| message.contains(bound.name())) {
            return Some(Self { bound: self.bound.next()?, ..self });
        }
        None
    }
}

fn call<T: Serialize>(http: &HttpClient, settings: &Settings, body: &T) -> Result<Call> {
    let call = http.post(settings.endpoint("/chat/completions")?).json(body);
    Ok(match &settings.api_key {
        Some(key) => call.bearer(key.expose_secret()),
        None => call,
    })
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
    call(http, settings, &body)
}

/// Asks for one turn, piece by piece.
pub(crate) fn stream(
    http: &HttpClient,
    settings: &Settings,
    model: &str,
    request: &Request,
    dialect: Dialect,
) -> Result<Call> {
    call(http, settings, &Body::new(model, request, dialect))
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
