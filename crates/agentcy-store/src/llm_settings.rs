//! The model provider of an org; its key is sealed before it comes here.

use agentcy_core::Timestamp;
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx};

/// The model provider of an org, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmSettings {
    /// The kind of provider, by name.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Where the provider is; `None` is its public address.
    pub base_url: Option<String>,
    /// The sealed key.
    pub api_key: Option<Vec<u8>>,
    /// Models to go on with when the first fails.
    pub fallbacks: Vec<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

pub(crate) struct LlmSettingsRow {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) base_url: Option<String>,
    pub(crate) api_key: Option<Vec<u8>>,
    pub(crate) fallbacks: serde_json::Value,
    pub(crate) updated_at: Timestamp,
}

impl LlmSettingsRow {
    pub(crate) fn into_model(self, org: Uuid) -> Result<LlmSettings> {
        Ok(LlmSettings {
            provider: self.provider,
            model: self.model,
            base_url: self.base_url,
            api_key: self.api_key,
            fallbacks: serde_json::from_value(self.fallbacks)
                .map_err(|error| Error::corrupt("llm_settings", org, error))?,
            updated_at: self.updated_at,
        })
    }
}

/// The org's own settings, if it has some.
#[tracing::instrument(name = "db.llm_settings.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant) -> Result<Option<LlmSettings>> {
    let org = Uuid::from(tenant.org());
    sqlx::query_as!(
        LlmSettingsRow,
        "select provider, model, base_url, api_key, fallbacks, updated_at from llm_settings
         where org_id = $1",
        org,
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(|row| row.into_model(org))
    .transpose()
}

/// Writes the org's settings in the place of what was there.
#[tracing::instrument(name = "db.llm_settings.put", skip_all)]
pub async fn put(tx: &mut Tx, settings: &LlmSettings) -> Result<()> {
    let fallbacks = settings.fallbacks.iter().map(String::as_str).collect::<serde_json::Value>();
    sqlx::query!(
        "insert into llm_settings (org_id, provider, model, base_url, api_key, fallbacks, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (org_id) do update set provider = excluded.provider, model = excluded.model,
             base_url = excluded.base_url, api_key = excluded.api_key,
             fallbacks = excluded.fallbacks, updated_at = excluded.updated_at",
        Uuid::from(tx.org()),
        settings.provider,
        settings.model,
        settings.base_url,
        settings.api_key,
        fallbacks,
        settings.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
