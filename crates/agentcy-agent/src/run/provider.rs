//! The model that a run asks.

use agentcy_core::{chat::Usage, id::OrgId};
use agentcy_llm::{ProviderKind, Settings, Tokens, price};
use agentcy_platform::{Platform, Result, llm_settings};
use agentcy_store::conversations::Turn as Stage;

/// The provider of the org, with the model of the agent where it names one.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(super) settings: Settings,
    pub(super) fallbacks: Vec<String>,
}

impl Provider {
    pub(crate) fn of(platform: &Platform, org: OrgId, stage: &Stage) -> Result<Self> {
        let effective = llm_settings::effective_of(platform, org, stage.llm.clone())?;
        let mut settings = effective.settings;
        if let Some(model) = stage.agent.as_ref().and_then(|agent| agent.model.clone())
            && settings.provider != ProviderKind::Builtin
        {
            settings.model = Some(model);
        }
        Ok(Self { settings, fallbacks: effective.fallbacks })
    }

    /// The model that is there without any settings.
    pub(super) const fn builtin() -> Self {
        Self { settings: Settings::builtin(), fallbacks: Vec::new() }
    }

    pub(super) fn is_builtin(&self) -> bool {
        self.settings.provider == ProviderKind::Builtin
    }

    /// What a turn of this model used.
    pub(super) fn usage(&self, model: &str, tokens: &Tokens) -> Usage {
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        let price = price(self.settings.provider, model);
        Usage {
            in_tokens: count(tokens.input),
            out_tokens: count(tokens.output),
            cost_usd: price.map_or(0.0, |price| price.cost(tokens)),
        }
    }
}
