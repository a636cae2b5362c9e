//! The wire of OpenAI's chat completions, which many servers speak.

mod body;
mod decode;

use agentcy_egress::{Call, HttpClient};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

use self::body::Body;
pub(crate) use self::decode::Decoder;
use crate::{Error, Request, Result, Settings, ask::Asked};

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

/// How much a model is to think before it speaks. OpenAI's own take tools on this wire only if they do not:
/// <https://developers.openai.com/api/docs/guides/reasoning>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As it likes.
    Unsaid,
    /// Not at all.
    No,
    /// As it likes, since it refused the above.
    Left,
}

impl Effort {
    const FIELD: &str = "reasoning_effort";

    const fn next(self) -> Option<Self> {
        match self {
            Self::Unsaid => Some(Self::No),
            Self::No => Some(Self::Left),
            Self::Left => None,
        }
    }
}

/// What a server takes of what not all take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) bound: Bound,
    /// Whether it may be asked to tell what was used.
    pub(crate) usage: bool,
    pub(crate) effort: Effort,
    /// Whether it is given back what it gave beside its words.
    pub(crate) kept: bool,
}

impl Dialect {
    /// What is tried first.
    pub(crate) fn of(settings: &Settings, model: &str) -> Self {
        let (bound, effort) = match settings.base_url {
            // OpenAI takes the new name for all models, the old one for some.
            None if is_quiet(model) => (Bound::MaxCompletionTokens, Effort::No),
            None => (Bound::MaxCompletionTokens, Effort::Unsaid),
            Some(_) => (Bound::MaxTokens, Effort::Unsaid),
        };
        Self { bound, usage: true, effort, kept: true }
    }

    /// What is tried next, where the refusal names what it does not take.
    pub(crate) fn after(self, error: &Error) -> Option<Self> {
        if self.usage && error.names(&["stream_options", "include_usage"]) {
            return Some(Self { usage: false, ..self });
        }
        if error.names(&[Effort::FIELD]) {
            return Some(Self { effort: self.effort.next()?, ..self });
        }
        if error.names(&[Bound::MaxTokens.name(), Bound::MaxCompletionTokens.name()]) {
            return Some(Self { bound: self.bound.next()?, ..self });
        }
        // The room for the answer counts too: the server finds out itself how much is left.
        let Error::TooLong { message, .. } = error else { return None };
        let names_answer = ["max_tokens", "max_completion_tokens", "in the completion"]
            .iter()
            .any(|it| message.contains(it));
        (names_answer && self.bound != Bound::Unsaid)
            .then_some(Self { bound: Bound::Unsaid, ..self })
    }
}

/// Whether it is a model that takes tools only if it does not think.
fn is_quiet(model: &str) -> bool {
    ["gpt-5.6", "gpt-6"].iter().any(|family| model.starts_with(family))
}

fn call<T: Serialize>(http: &HttpClient, settings: &Settings, body: &T) -> Result<Call> {
    let call = http.post(settings.endpoint("/chat/completions")?).json(body);
    Ok(match &settings.api_key {
        Some(key) => call.bearer(key.expose_secret()),
        None => call,
    })
}

/// Asks one question, as a server of this dialect takes it.
pub(crate) fn ask(
    http: &HttpClient,
    settings: &Settings,
    question: &Request,
    dialect: Dialect,
) -> Result<Call> {
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

/// Whether this is an answer. No more is asked of it: servers differ in everything else.
pub(crate) fn check(answer: &Value) -> Result<()> {
    match answer.get("choices").and_then(Value::as_array) {
        Some(choices) if !choices.is_empty() => Ok(()),
        _ => Err(Error::Unreadable("it has no choices")),
    }
}
