//! Settings that somebody sent: their rules, and the key that goes with them.

use agentcy_core::{ErrorCode, secret::is_mask};
use agentcy_llm::Settings;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Effective, ProviderKind};
use crate::{Change, Error, Result, error::Faults, text};

const MAX_FALLBACKS: usize = 5;

/// Settings to hold from now on, or to be tried; they replace all but an unchanged key.
#[derive(Debug, Clone)]
pub struct LlmUpdate {
    /// The kind of provider.
    pub provider: ProviderKind,
    /// The model to ask.
    pub model: String,
    /// Where the provider is; `None` is its public address.
    pub base_url: Option<String>,
    /// The key; a mask means unchanged.
    pub api_key: Change<SecretString>,
    /// Models to go on with when the first fails.
    pub fallbacks: Vec<String>,
}

/// An update whose fields keep their rules.
pub(super) struct Checked {
    provider: ProviderKind,
    model: String,
    base_url: Option<Url>,
    api_key: NewKey,
    fallbacks: Vec<String>,
}

enum NewKey {
    /// Nothing was said.
    Absent,
    /// A mask came back.
    Masked,
    Removed,
    Given(SecretString),
}

/// Settings with the key that goes with them.
pub(super) struct Resolved {
    pub(super) settings: Settings,
    pub(super) fallbacks: Vec<String>,
    /// What became of the key, for the audit.
    pub(super) key_fate: &'static str,
}

impl LlmUpdate {
    pub(super) fn check(self) -> Result<Checked> {
        let mut faults = Faults::default();
        let rule = "1 to 200 characters";
        faults.require(is_model(&self.model), "model", rule);
        let few = self.fallbacks.len() <= MAX_FALLBACKS;
        faults.require(few, "fallbacks", "at most 5");
        for (index, model) in self.fallbacks.iter().enumerate().take(MAX_FALLBACKS) {
            faults.require(is_model(model), format!("fallbacks[{index}].model"), rule);
        }
        let base_url = self.base_url.as_deref().map(base_url);
        let rule = "an http or https address of at most 2048 characters without user or fragment";
        faults.require(base_url != Some(None), "base_url", rule);
        let api_key = match self.api_key {
            Change::Keep => NewKey::Absent,
            Change::Clear => NewKey::Removed,
            Change::Set(key) if is_mask(key.expose_secret()) => NewKey::Masked,
            Change::Set(key) => NewKey::Given(key),
        };
        if let NewKey::Given(key) = &api_key {
            let rule = "1 to 4096 visible ASCII characters";
            faults.require(is_key(key.expose_secret()), "api_key", rule);
        }
        if self.provider == ProviderKind::Builtin {
            faults.require(
                self.base_url.is_none(),
                "base_url",
                "the built-in model has no address",
            );
            let given = matches!(api_key, NewKey::Given(_));
            faults.require(!given, "api_key", "the built-in model takes no key");
        }
        faults.into_result()?;
        Ok(Checked {
            provider: self.provider,
            model: self.model,
            base_url: base_url.flatten(),
            api_key,
            fallbacks: self.fallbacks,
        })
    }
}

impl Checked {
    /// Whether a key that is stored may stay.
    pub(super) const fn keeps_key(&self) -> bool {
        !matches!(self.provider, ProviderKind::Builtin)
            && matches!(self.api_key, NewKey::Absent | NewKey::Masked)
    }

    /// Finds the key that goes with the settings: a stored one stays only with its own destination.
    pub(super) fn resolve(self, stored: Option<Effective>) -> Result<Resolved> {
        let mut settings = Settings {
            provider: self.provider,
            base_url: self.base_url,
            api_key: None,
            model: Some(self.model),
        };
        let before = stored.map(|own| own.settings);
        let same_place = before.as_ref().is_some_and(|before| {
            before.provider == settings.provider && destination(before) == destination(&settings)
        });
        let kept = before.and_then(|before| before.api_key);
        let required = |message| Err(Error::refused(ErrorCode::CredentialsRequired, message));
        let (api_key, key_fate) = match (self.api_key, kept) {
            // It has nowhere to send one.
            (_, _) if settings.provider == ProviderKind::Builtin => (None, "none"),
            (NewKey::Given(key), _) => (Some(key), "set"),
            (NewKey::Removed, _) => (None, "removed"),
            (NewKey::Absent | NewKey::Masked, Some(key)) if same_place => (Some(key), "unchanged"),
            (NewKey::Absent | NewKey::Masked, Some(_)) => {
                return required("the destination changed; send its api_key too, or null");
            }
            (NewKey::Masked, None) => {
                return required("the org has stored no api_key that could stay; send it, or null");
            }
            (NewKey::Absent, None) => (None, "none"),
        };
        settings.api_key = api_key;
        Ok(Resolved { settings, fallbacks: self.fallbacks, key_fate })
    }
}

/// The whole address that calls go to; two writings of one address are one.
pub(super) fn destination(settings: &Settings) -> Option<Url> {
    let public = || settings.provider.default_base_url().and_then(|url| Url::parse(url).ok());
    let mut url = settings.base_url.clone().or_else(public)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url)
}

fn is_model(text: &str) -> bool {
    text::is_prose(text, 200) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn is_key(text: &str) -> bool {
    (1..=4096).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= 2048)?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}
