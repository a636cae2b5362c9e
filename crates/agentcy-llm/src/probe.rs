//! Whether a provider works as it is set up: one real, minimal call.

use std::time::{Duration, Instant};

use agentcy_egress::{Egress, HttpClient};

use crate::{
    Message, ProviderKind, Request, Result, Settings, ToolSpec, anthropic,
    exchange::{agreed, json},
    openai::{self, Dialect},
};

const QUESTION: &str = "Answer with the word ok.";
/// Enough for a word, and for models that refuse a bound of one.
const TOKENS: u32 = 16;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The model that answered.
    pub model: String,
    /// How long the answer took.
    pub latency: Duration,
}

/// Makes one real call to the provider. The time it may take is that of the way out.
pub async fn probe(egress: &Egress, settings: &Settings) -> Result<Probe> {
    let start = Instant::now();
    match settings.provider {
        ProviderKind::Builtin => {}
        ProviderKind::Openai => probe_openai(&egress.http()?, settings).await?,
        ProviderKind::Anthropic => probe_anthropic(&egress.http()?, settings).await?,
    }
    Ok(Probe { model: settings.model().to_owned(), latency: start.elapsed() })
}

async fn probe_openai(http: &HttpClient, settings: &Settings) -> Result<()> {
    let (key, question) = (settings.api_key.as_ref(), question());
    let mut dialect = Dialect::of(settings, settings.model());
    let answer = loop {
        match agreed(openai::ask(http, settings, &question, dialect)?, key).await {
            Ok(answer) => break answer,
            Err(error) => match dialect.after(&error) {
                Some(next) => dialect = next,
                None => return Err(error),
            },
        }
    };
    openai::check(&json(answer, key).await?)
}

async fn probe_anthropic(http: &HttpClient, settings: &Settings) -> Result<()> {
    let key = settings.api_key.as_ref();
    let answer = agreed(anthropic::ask(http, settings, &question())?, key).await?;
    anthropic::check(&json(answer, key).await?)
}

/// A question with a tool, as every one has in a run: some models take none on this wire.
fn question() -> Request {
    let tool = ToolSpec {
        name: "look".to_owned(),
        description: "Looks something up.".to_owned(),
        input_schema: serde_json::json!({ "type": "object", "properties": {} }),
    };
    Request {
        system: String::new(),
        messages: vec![Message::User(QUESTION.to_owned())],
        tools: vec![tool.into()],
        max_tokens: TOKENS,
    }
}
