//! The model provider that holds for orgs without one of their own.

use secrecy::SecretString;
use url::Url;

use crate::{fault::Faulty, parse, reader::Reader, setting::Setting};

const PROVIDER: Setting = Setting::open(
    "LLM_PROVIDER",
    Some("builtin"),
    "builtin (no network), openai (or any server that speaks the same) or anthropic.",
);
const BASE_URL: Setting = Setting::open(
    "LLM_BASE_URL",
    None,
    "Where the provider is; unset: its public address. Private ones also need AGENTCY_EGRESS_ALLOW.",
);
const API_KEY: Setting = Setting::secret("LLM_API_KEY", "The key of the provider.");
const MODEL: Setting = Setting::open("LLM_MODEL", None, "The model; unset: one of the provider's.");

pub(crate) const SETTINGS: &[Setting] = &[PROVIDER, BASE_URL, API_KEY, MODEL];

/// A kind of model provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// A model of our own that needs no network.
    Builtin,
    /// OpenAI, or a server that speaks the same.
    Openai,
    /// Anthropic.
    Anthropic,
}

/// The model provider that holds for orgs without one of their own.
#[derive(Debug, Clone)]
pub struct Llm {
    /// Its kind.
    pub provider: Provider,
    /// Where it is; `None` is its public address.
    pub base_url: Option<Url>,
    /// The key; a server of one's own may need none.
    pub api_key: Option<SecretString>,
    /// The model; `None` is a default of the provider.
    pub model: Option<String>,
}

impl Llm {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Faulty> {
        let provider = reader.value(&PROVIDER, |text| {
            let words = [
                ("builtin", Provider::Builtin),
                ("openai", Provider::Openai),
                ("anthropic", Provider::Anthropic),
            ];
            parse::word(text, &words)
        });
        let base_url =
            reader.optional(&BASE_URL, |text| parse::http_url(text, "https://api.openai.com/v1"));
        let api_key = reader.secret(&API_KEY);
        let model = reader.optional(&MODEL, parse::text);
        let llm =
            Self { provider: provider?, base_url: base_url?, api_key: api_key?, model: model? };
        llm.check(reader)?;
        Ok(llm)
    }

    fn check(&self, reader: &mut Reader<'_>) -> Result<(), Faulty> {
        if self.provider != Provider::Builtin {
            // A server of one's own may take calls without a key; the public ones never do.
            if self.api_key.is_none() && self.base_url.is_none() {
                let wrong = "is not set, and the public address of the provider needs it";
                let mend = "set LLM_API_KEY, or LLM_BASE_URL for a server that needs no key";
                return Err(reader.fault(API_KEY.name, wrong, mend));
            }
            return Ok(());
        }
        let stray = [
            (&BASE_URL, self.base_url.is_some()),
            (&API_KEY, self.api_key.is_some()),
            (&MODEL, self.model.is_some()),
        ];
        for (setting, _) in stray.into_iter().filter(|(_, set)| *set) {
            let wrong = "is set, but LLM_PROVIDER is builtin, which does not use it";
            reader.fault(setting.name, wrong, "set LLM_PROVIDER to openai or anthropic");
        }
        Ok(())
    }
}
