//! The settings of the org.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::{ApprovalDefaults, Client, Error};

/// The org and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Settings {
    /// The org.
    pub org_id: String,
    /// Its name.
    pub name: String,
    /// The IANA name of the zone that its days are of.
    #[serde(default)]
    pub timezone: String,
    /// How long history is kept; none is for ever.
    pub retention_days: Option<u32>,
    /// Whether remote workers get its credentials.
    #[serde(default)]
    pub remote_workers: bool,
    /// The issuer whose tokens may name it.
    pub oidc_issuer: Option<String>,
}

/// What to change of the org; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SettingsUpdate {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The IANA name of the zone that its days are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// How long history is kept; `Some(None)` is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<Option<u32>>,
    /// Whether remote workers get its credentials. Owners only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_workers: Option<bool>,
    /// The issuer whose tokens may name it; `Some(None)` is nobody's. Owners only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_issuer: Option<Option<String>>,
}

/// The model provider that holds for the org, with the key masked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LlmSettings {
    /// The kind of provider.
    pub provider: String,
    /// The model that is asked.
    pub model: String,
    /// Where the provider is; none is its public address.
    pub base_url: Option<String>,
    /// A mask of the key, where there is one.
    pub api_key: Option<String>,
    /// Models to go on with when the first fails.
    #[serde(default)]
    pub fallbacks: Vec<LlmFallback>,
    /// Whose settings these are: `org` or `environment`.
    pub source: Option<String>,
    /// When the org last changed them.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A model provider for the org. It replaces the one before whole, save for a key that is not given.
#[derive(Debug, Clone, Serialize)]
pub struct LlmUpdate {
    /// The kind of provider.
    pub provider: String,
    /// The model to ask.
    pub model: String,
    /// Where the provider is; none is its public address.
    pub base_url: Option<String>,
    /// The key; none leaves the one before, `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    pub api_key: Option<Option<SecretString>>,
    /// Models to go on with when the first fails.
    pub fallbacks: Vec<LlmFallback>,
}

/// A model to go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmFallback {
    /// Its name.
    pub model: String,
}

/// What one real call of the model found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LlmTest {
    /// Whether it answered.
    #[serde(default)]
    pub ok: bool,
    /// The model that answered.
    pub model: Option<String>,
    /// How long it took.
    #[serde(default)]
    pub latency_ms: u64,
}

/// When tools ask a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Security {
    /// What tools may do without asking.
    pub approval_defaults: ApprovalDefaults,
    /// How long an approval waits.
    pub approval_timeout_secs: u32,
    /// Whether nobody may decide an approval of their own.
    #[serde(default)]
    pub require_other: bool,
}

/// What to change of when tools ask; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SecurityUpdate {
    /// What tools may do without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_defaults: Option<ApprovalDefaults>,
    /// How long an approval waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_timeout_secs: Option<u32>,
    /// Whether nobody may decide an approval of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_other: Option<bool>,
}

impl Client {
    /// The org and its settings.
    pub async fn settings(&self) -> Result<Settings, Error> {
        self.get(&["settings"]).read().await
    }

    /// Changes the settings of the org.
    pub async fn update_settings(&self, change: &SettingsUpdate) -> Result<Settings, Error> {
        self.patch(&["settings"]).json(change).read().await
    }

    /// The model provider that holds for the org.
    pub async fn llm_settings(&self) -> Result<LlmSettings, Error> {
        self.get(&["settings", "llm"]).read().await
    }

    /// Gives the org a model provider of its own.
    pub async fn update_llm_settings(&self, new: &LlmUpdate) -> Result<LlmSettings, Error> {
        self.put(&["settings", "llm"]).json(new).read().await
    }

    /// Asks the model once: these settings, or those that hold.
    pub async fn test_llm_settings(&self, new: Option<&LlmUpdate>) -> Result<LlmTest, Error> {
        let call = self.post(&["settings", "llm", "test"]);
        let call = if let Some(new) = new { call.json(new) } else { call };
        call.read().await
    }

    /// Which features are on for the org.
    pub async fn features(&self) -> Result<BTreeMap<String, bool>, Error> {
        self.get(&["settings", "features"]).read().await
    }

    /// Switches features of the org; what is not named stays.
    pub async fn update_features(
        &self,
        switches: &BTreeMap<String, bool>,
    ) -> Result<BTreeMap<String, bool>, Error> {
        self.put(&["settings", "features"]).json(switches).read().await
    }

    /// When tools ask a person.
    pub async fn security(&self) -> Result<Security, Error> {
        self.get(&["settings", "security"]).read().await
    }

    /// Changes when tools ask a person.
    pub async fn update_security(&self, change: &SecurityUpdate) -> Result<Security, Error> {
        self.post(&["settings", "security"]).json(change).read().await
    }
}

#[expect(
    clippy::option_option,
    clippy::ref_option,
    reason = "serde calls it so; left out is unchanged, null is removed"
)]
fn exposed<S: Serializer>(key: &Option<Option<SecretString>>, to: S) -> Result<S::Ok, S::Error> {
    key.as_ref().and_then(Option::as_ref).map(ExposeSecret::expose_secret).serialize(to)
}
