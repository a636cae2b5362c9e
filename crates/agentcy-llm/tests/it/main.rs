//! Providers as they really answer, and fail.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

mod asking;
mod builtin;
mod faults;
mod probing;
mod speed;
mod streaming;
mod strict;

use std::{sync::Arc, time::Duration};

use agentcy_core::Entropy;
use agentcy_egress::{Egress, Limits};
use agentcy_llm::{
    Asker, Chunk, Error, Kept, Message, Patience, ProviderKind, Request, Settings, Stop, Tokens,
    Turn,
};
use agentcy_testkit::fake_llm::{self, FakeLlm};
use futures_util::StreamExt;

const KEY: &str = "sk-kanarienvogel-0123456789";
const WIRES: [ProviderKind; 2] = [ProviderKind::Openai, ProviderKind::Anthropic];

/// A way out that reaches the fakes and gives up soon.
fn egress() -> Egress {
    let limits = Limits { total: Duration::from_millis(500), ..Limits::default() };
    Egress::with_limits(vec!["127.0.0.1/32".parse().unwrap()], limits)
}

fn settings(provider: ProviderKind, fake: &FakeLlm) -> Settings {
    Settings {
        provider,
        base_url: Some(fake.base_url.parse().unwrap()),
        api_key: Some(KEY.into()),
        model: Some("scripted".to_owned()),
    }
}

/// Randomness that makes every pause as short as it can be.
struct NoPause;

impl Entropy for NoPause {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// Asks with the patience of a test: long enough for a busy machine wherever nothing is to run out.
fn asker() -> Asker {
    Asker::new(egress(), Arc::new(NoPause))
}

/// Asks, and does not wait for what never comes.
fn hasty() -> Asker {
    let silence = Duration::from_millis(700);
    asker().with_patience(Patience { first: silence, idle: silence, ..Patience::default() })
}

fn request() -> Request {
    Request {
        system: "You are terse.".to_owned(),
        messages: vec![Message::User("Who owns it?".to_owned())],
        tools: Vec::new(),
        max_tokens: 1_000,
    }
}

/// What a turn came to.
#[derive(Debug, Default)]
struct Told {
    model: Option<String>,
    texts: Vec<String>,
    /// Id, name, arguments.
    calls: Vec<(String, String, String)>,
    tokens: Option<Tokens>,
    kept: Option<Kept>,
    stop: Option<Stop>,
    error: Option<Error>,
}

impl Told {
    async fn of(mut turn: Turn) -> Self {
        let mut told = Self::default();
        while let Some(item) = turn.next().await {
            assert!(told.stop.is_none() && told.error.is_none(), "nothing follows the end");
            match item {
                Ok(Chunk::Model(model)) => {
                    assert!(told.texts.is_empty() && told.calls.is_empty() && told.model.is_none());
                    told.model = Some(model);
                }
                Ok(Chunk::Text(text)) => told.texts.push(text),
                Ok(Chunk::CallStart { index, id, name }) => {
                    assert_eq!(index, told.calls.len());
                    told.calls.push((id, name, String::new()));
                }
                Ok(Chunk::CallArgs { index, delta }) => told.calls[index].2.push_str(&delta),
                Ok(Chunk::Kept(kept)) => told.kept = Some(kept),
                Ok(Chunk::Usage(tokens)) => told.tokens = Some(tokens),
                Ok(Chunk::End(stop)) => told.stop = Some(stop),
                Err(error) => told.error = Some(error),
            }
        }
        told
    }

    fn text(&self) -> String {
        self.texts.concat()
    }

    /// Error, if there is any, and that it shows no key.
    fn refused(&self) -> &Error {
        let error = self.error.as_ref().unwrap();
        assert!(!format!("{error} {error:?}").contains("kanarien"), "{error:?}");
        error
    }
}

/// One turn of a provider that does this.
async fn told(provider: ProviderKind, turn: fake_llm::Turn) -> Told {
    let fake = FakeLlm::start([turn]).await.unwrap();
    Told::of(asker().ask(&settings(provider, &fake), &[], request())).await
}
