//! Which provider, where, with which key and model.

use std::{fmt, str::FromStr};

use secrecy::SecretString;
use url::Url;

use crate::{Error, Result, error::Unusable};

/// The wire that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// A model of our own that needs no network.
    Builtin,
    /// OpenAI, or one of the many servers that speak the same.
    Openai,
    /// Anthropic.
    Anthropic,
}

impl ProviderKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Builtin, Self::Openai, Self::Anthropic];

    /// The name as settings and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// The model where none is named: the provider's small, quick one that calls tools well.
    pub const fn default_model(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Openai => "gpt-6.1-terra",
            Self::Anthropic => "claude-sonnet-5-5",
        }
    }

    /// The public address; the built-in one has none.
    pub const fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Builtin => None,
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
        }
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no provider.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a provider: builtin, openai or anthropic")]
pub struct InvalidProvider;

impl FromStr for ProviderKind {
    type Err = InvalidProvider;
    fn from_str(text: &str) -> std::result::Result<Self, InvalidProvider> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(InvalidProvider)
    }
}

/// A provider as it is set up. It is used whole: a key never goes to a place it was not given for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The wire.
    pub provider: ProviderKind,
    /// The place; `None` is the public address.
    pub base_url: Option<Url>,
    /// The key; servers of one's own may need none.
    pub api_key: Option<SecretString>,
    /// The model; `None` is the default of the kind.
    pub model: Option<String>,
}

impl Settings {
    /// The built-in provider.
    pub const fn builtin() -> Self {
        Self { provider: ProviderKind::Builtin, base_url: None, api_key: None, model: None }
    }

    /// The model that is asked.
    pub fn model(&self) -> &str {
        self.model.as_deref().unwrap_or(self.provider.default_model())
    }

    /// The place and a model of it, without what may be secret in an address.
    pub(crate) fn server(&self, model: &str) -> String {
        let place = self.base_url.as_ref().map(|url| url.origin().ascii_serialization());
        format!("{} {} {model}", self.provider, place.unwrap_or_default())
    }

    /// The place with a path of the wire behind it; a query that the place has stays.
    pub(crate) fn endpoint(&self, path: &str) -> Result<Url> {
        let public = || self.provider.default_base_url().and_then(|text| text.parse().ok());
        let unusable = Error::Unusable(Unusable::Place);
        let mut url = self.base_url.clone().or_else(public).ok_or(unusable)?;
        let base = url.path().trim_end_matches('/');
        // Some write the version into the place, some leave it to the wire.
        let base =
            if path.starts_with("/v1/") { base.strip_suffix("/v1").unwrap_or(base) } else { base };
        let joined = format!("{base}{path}");
        url.set_path(&joined);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Models that their providers have said the end of, as of 23 November 2026:
    /// <https://developers.openai.com/api/docs/deprecations>,
    /// <https://platform.claude.com/docs/en/about-claude/model-deprecations>.
    const ENDING: [(&str, &str); 15] = [
        ("claude-sonnet-4-5", "2026-11-30"),
        ("claude-sonnet-4", "2026-06-15"),
        ("claude-opus-4", "2026-06-15"),
        ("gpt-5", "2026-12-11"),
        ("gpt-5-mini", "2026-12-11"),
        ("gpt-5-nano", "2026-12-11"),
        ("o3", "2026-12-11"),
        ("gpt-4o", "2027-01-14"),
        ("gpt-4o-mini", "2027-01-14"),
        ("gpt-4.1", "2027-01-14"),
        ("gpt-4.1-mini", "2027-01-14"),
        ("gpt-4.1-nano", "2026-10-23"),
        ("gpt-5.1", "2027-04-01"),
        ("o3-mini", "2026-10-23"),
        ("o4-mini", "2026-10-23"),
    ];

    #[test]
    fn no_default_is_a_model_whose_end_is_known() {
        for kind in ProviderKind::ALL {
            let end = ENDING.iter().find(|(model, _)| *model == kind.default_model());
            assert_eq!(end, None, "{kind}");
        }
    }

    fn endpoint(provider: ProviderKind, base: Option<&str>, path: &str) -> String {
        let base_url = base.map(|base| base.parse().unwrap());
        Settings { provider, base_url, ..Settings::builtin() }.endpoint(path).unwrap().to_string()
    }

    #[test]
    fn a_place_is_joined_with_the_path_of_the_wire_however_it_is_written() {
        let openai = |base| endpoint(ProviderKind::Openai, base, "/chat/completions");
        assert_eq!(openai(None), "https://api.openai.com/v1/chat/completions");
        assert_eq!(openai(Some("http://ollama/v1/")), "http://ollama/v1/chat/completions");
        assert_eq!(
            openai(Some("https://azure/openai?api-version=1")),
            "https://azure/openai/chat/completions?api-version=1"
        );
        let anthropic = |base| endpoint(ProviderKind::Anthropic, base, "/v1/messages");
        assert_eq!(anthropic(None), "https://api.anthropic.com/v1/messages");
        assert_eq!(anthropic(Some("http://proxy/v1")), "http://proxy/v1/messages");
        assert_eq!(anthropic(Some("http://proxy/claude/")), "http://proxy/claude/v1/messages");
    }
}
