//! API keys: what programs show instead of a session.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Client, Error, List, Role};

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub notes: String,
    /// What it may do.
    pub role: Role,
    /// The realms it sees; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// Whether it may decide approvals.
    #[serde(default)]
    pub can_approve: bool,
    /// Addresses and networks it is good from; empty means everywhere.
    #[serde(default)]
    pub allowed_ips: Vec<String>,
    /// What tells two keys apart without telling the key.
    #[serde(default, rename = "key_fingerprint")]
    pub fingerprint: String,
    /// Until when the secret before the present one is good.
    pub previous_until: Option<DateTime<Utc>>,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last shown.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key with its secret, which is never shown again.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct IssuedApiKey {
    /// What its holder sends.
    pub key: SecretString,
    /// The key.
    #[serde(flatten)]
    pub api_key: ApiKey,
}

/// A key to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do; not more than who makes it.
    pub role: Role,
    /// The realms it sees; those of who makes it unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realms: Option<Vec<String>>,
    /// When it runs out; never unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Addresses and networks it is good from; empty means everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_ips: Vec<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Whether it may decide approvals.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub can_approve: bool,
}

impl NewApiKey {
    /// A key with this name and role, and nothing else said.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            realms: None,
            expires_at: None,
            allowed_ips: Vec::new(),
            notes: String::new(),
            can_approve: false,
        }
    }
}

#[derive(Serialize)]
struct Rotate {
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_secs: Option<u32>,
}

impl Client {
    /// The live keys of the org.
    pub fn api_keys(&self) -> List<ApiKey> {
        List::new(self, &["api-keys"])
    }

    /// One key.
    pub async fn api_key(&self, key_id: &str) -> Result<ApiKey, Error> {
        self.get(&["api-keys", key_id]).read().await
    }

    /// Makes a key.
    pub async fn create_api_key(&self, new: &NewApiKey) -> Result<IssuedApiKey, Error> {
        self.create(&["api-keys"]).json(new).read().await
    }

    /// Gives a key a new secret; the one before is good for `grace_secs` more, a day unless said.
    pub async fn rotate_api_key(
        &self,
        key_id: &str,
        grace_secs: Option<u32>,
    ) -> Result<IssuedApiKey, Error> {
        self.create(&["api-keys", key_id, "rotate"]).json(&Rotate { grace_secs }).read().await
    }

    /// Ends a key at once.
    pub async fn revoke_api_key(&self, key_id: &str) -> Result<(), Error> {
        self.delete(&["api-keys", key_id]).done().await
    }
}
