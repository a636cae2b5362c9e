//! One turn of a model, asked as often as it takes until it begins to speak.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use agentcy_core::Entropy;
use agentcy_egress::{Egress, Error as EgressError};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{
    Chunk, Error, Kept, Message, ProviderKind, Request, Result, Settings, Turn, anthropic, builtin,
    exchange::agreed,
    learned::Learned,
    openai::{self, Dialect},
    price,
    reply::{Decoder, Reply},
};

/// How often one model is asked.
const TRIES: u32 = 3;
/// The longest call; the patience ends those that say nothing long before.
const LONGEST: Duration = Duration::from_hours(24);

/// How long a provider may be silent, and how soon it is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until the model begins to speak, counted from the call; longer while it shows that it is there.
    pub first: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// Bounds the first pause before the provider is asked again; each further bound is twice as long.
    pub backoff: Duration,
    /// The longest pause that a provider may ask for; with a longer one the next model is asked.
    pub retry_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_mins(2),
            idle: Duration::from_mins(1),
            backoff: Duration::from_millis(500),
            retry_after: Duration::from_secs(30),
        }
    }
}

/// Asks models. Cheap to clone.
#[derive(Clone)]
pub struct Asker {
    egress: Egress,
    entropy: Arc<dyn Entropy>,
    patience: Patience,
    learned: Learned,
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Asker {
    /// Asks through this way out; the randomness spreads the pauses between tries.
    pub fn new(egress: Egress, entropy: Arc<dyn Entropy>) -> Self {
        let (patience, learned) = (Patience::default(), Learned::default());
        Self { egress, entropy, patience, learned }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// One turn of the model of the settings, or of the first fallback that answers when it does not.
    ///
    /// Nothing leaves before the turn is polled. Until the model begins to speak, a temporary error is tried again;
    /// after that an error is the last item, with whatever was used before it.
    pub fn ask(&self, settings: &Settings, fallbacks: &[String], request: Request) -> Turn {
        if settings.provider == ProviderKind::Builtin {
            return builtin::turn(&request);
        }
        let first = settings.model();
        let others = fallbacks.iter().map(String::as_str).filter(|model| *model != first);
        let models = std::iter::once(first).chain(others).map(str::to_owned).collect();
        let question =
            Question { asker: self.clone(), settings: settings.clone(), models, request };
        stream::try_unfold(State::Asking(Box::new(question)), State::next).boxed()
    }

    /// How long to wait before the model is asked again; `None` when it is not worth it.
    fn pause(&self, error: &Error, attempt: u32) -> Option<Duration> {
        match error {
            Error::Refused { retry_after: Some(pause), .. } => {
                (*pause <= self.patience.retry_after).then_some(*pause)
            }
            // Most likely a connection that was kept from an earlier call, and closed since.
            Error::Unavailable(EgressError::Broken(_)) if attempt == 0 => Some(Duration::ZERO),
            _ => {
                let mut random = [0; 4];
                self.entropy.fill(&mut random);
                let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
                Some(self.patience.backoff.saturating_mul(1 << attempt).mul_f64(share))
            }
        }
    }

    /// How many tokens the model of the settings reads and writes at once, as far as that is known or was found out.
    pub fn window(&self, settings: &Settings) -> u32 {
        if settings.provider == ProviderKind::Builtin {
            return price::window(settings.model());
        }
        self.learned.window(settings)
    }

    /// To be called when it refused more than so many.
    pub fn learn_window(&self, settings: &Settings, window: u32) {
        self.learned.reads(settings, window);
    }
}

/// What is asked, of whom.
struct Question {
    asker: Asker,
    settings: Settings,
    models: Vec<String>,
    request: Request,
}

/// A request on its way to one server.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a Request,
    /// Whose model it is; what others gave is not for it.
    pub(crate) of: &'a str,
    pub(crate) dialect: Dialect,
}

impl<'a> Asked<'a> {
    /// What its provider wants back with a message.
    pub(crate) fn kept(&self, kept: Option<&'a Kept>) -> Option<&'a Value> {
        kept.filter(|kept| self.dialect.kept && kept.of == self.of).map(|kept| &kept.value)
    }

    fn has_kept(&self) -> bool {
        self.request.messages.iter().any(|message| match message {
            Message::Assistant { kept, .. } => self.kept(kept.as_ref()).is_some(),
            _ => false,
        })
    }

    /// How to ask once more after this refusal.
    fn after(&self, provider: ProviderKind, error: &Error) -> Option<Dialect> {
        if self.has_kept() && error.names(&KEPT) {
            return Some(Dialect { kept: false, ..self.dialect });
        }
        match provider {
            ProviderKind::Openai => self.dialect.after(error),
            ProviderKind::Anthropic | ProviderKind::Builtin => None,
        }
    }
}

/// What a server names that refuses what it gave itself, as when something before that has changed.
const KEPT: [&str; 5] =
    ["thinking", "signature", "reasoning_content", "reasoning_details", "extra_content"];

/// Where a turn stands.
enum State {
    Asking(Box<Question>),
    Speaking(Box<Reply>),
}

impl State {
    async fn next(self) -> Result<Option<(Chunk, Self)>> {
        match self {
            Self::Asking(question) => {
                let (model, reply) = question.ask().await?;
                Ok(Some((Chunk::Model(model), Self::Speaking(Box::new(reply)))))
            }
            Self::Speaking(mut reply) => {
                Ok(reply.next().await?.map(|chunk| (chunk, Self::Speaking(reply))))
            }
        }
    }
}

impl Question {
    /// Asks one model after the other until one begins to speak.
    async fn ask(self) -> Result<(String, Reply)> {
        let (mut last, mut too_long) = (Error::Timeout, None);
        for model in &self.models {
            for attempt in 0..TRIES {
                let asked = Instant::now();
                last = match self.try_once(model, asked).await {
                    Ok(reply) => return Ok((model.clone(), reply)),
                    Err(error) if error.may_pass_elsewhere() => error,
                    Err(error) => return Err(error),
                };
                // A model that has used up the patience is not given it again.
                let may_again = last.is_temporary()
                    && attempt + 1 < TRIES
                    && asked.elapsed() < self.asker.patience.first;
                match self.asker.pause(&last, attempt).filter(|_| may_again) {
                    Some(pause) => sleep(pause).await,
                    None => break,
                }
            }
            if let Error::TooLong { .. } = &last {
                too_long = Some(std::mem::replace(&mut last, Error::Timeout));
            }
        }
        // Of that alone something can be done.
        Err(too_long.unwrap_or(last))
    }

    async fn try_once(&self, model: &str, since: Instant) -> Result<Reply> {
        let patience = self.asker.patience;
        let key = self.settings.api_key.as_ref();
        let http = self.asker.egress.http()?;
        let mut dialect = self.asker.learned.dialect(&self.settings, model);
        let (settings, request) = (&self.settings, &self.request);
        let of = settings.server(model);
        let (answer, decoder) = loop {
            let asked = Asked { request, of: of.as_str(), dialect };
            let (call, decoder) = match settings.provider {
                ProviderKind::Anthropic => {
                    let call = anthropic::stream(&http, settings, model, asked)?;
                    (call, Decoder::Anthropic(anthropic::Decoder::default()))
                }
                ProviderKind::Openai | ProviderKind::Builtin => {
                    let call = openai::stream(&http, settings, model, asked)?;
                    (call, Decoder::Openai(openai::Decoder::default()))
                }
            };
            let answer = timeout(patience.first, agreed(call.timeout(LONGEST), key)).await;
            match answer.unwrap_or(Err(Error::Timeout)) {
                Ok(answer) => break (answer, decoder),
                Err(error) => match asked.after(settings.provider, &error) {
                    Some(next) => dialect = next,
                    None => return Err(error),
                },
            }
        };
        self.asker.learned.speaks(settings, model, dialect);
        let mut reply = Reply::new(answer, decoder, of, key.cloned(), patience, since);
        reply.begin().await?;
        Ok(reply)
    }
}
