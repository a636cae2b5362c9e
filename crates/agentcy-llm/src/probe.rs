//! Whether a provider works as it is set up: one real, minimal call.

use std::time::{Duration, Instant};

use agentcy_egress::{Egress, HttpClient};

use crate::{
    ProviderKind, Result, Settings, anthropic,
    exchange::{agreed, json},
    openai::{self, Bound},
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
    let key = settings.api_key.as_ref();
    let call = openai::ask(http, settings, QUESTION, TOKENS, Bound::MaxTokens)?;
    let answer = match agreed(call, key).await {
        Err(error) if openai::wants_completion_tokens(&error) => {
            let bound = Bound::MaxCompletionTokens;
            agreed(openai::ask(http, settings, QUESTION, TOKENS, bound)?, key).await?
        }
        answer => answer?,
    };
    openai::check(&json(answer, key).await?)
}

async fn probe_anthropic(http: &HttpClient, settings: &Settings) -> Result<()> {
    let key = settings.api_key.as_ref();
    let call = anthropic::ask(http, settings, QUESTION, TOKENS)?;
    let answer = agreed(call, key).await?;
    anthropic::check(&json(answer, key).await?)
}
