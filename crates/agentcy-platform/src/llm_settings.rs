//! The model provider of an org: its own settings taken whole, or else the environment's.

mod update;

use std::{num::NonZeroU32, time::Duration};

use agentcy_bus::{Key, Policy};
use agentcy_core::{
    Action, By, Caller, ErrorCode, Timestamp,
    id::OrgId,
    secret::{MASK, mask},
};
use agentcy_llm::{Settings, Unusable};
use agentcy_store::{Tenant, audit, llm_settings as store};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use self::update::{Checked, Resolved, destination};
use crate::{Error, Platform, Result, seal::Cell, settings};

pub use self::update::LlmUpdate;
pub use agentcy_llm::ProviderKind;

const TESTS: Policy = Policy {
    name: "llm_test",
    limit: NonZeroU32::new(10).unwrap(),
    window: Duration::from_mins(1),
};

/// Whose settings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The org's own.
    Org,
    /// The environment's.
    Environment,
}

impl Source {
    /// The name as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::Environment => "environment",
        }
    }
}

/// The settings that hold, with the key masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmSettings {
    /// The kind of provider.
    pub provider: ProviderKind,
    /// The model that is asked.
    pub model: String,
    /// Where the provider is; `None` is its public address.
    pub base_url: Option<String>,
    /// A mask of the key, where there is one. Of the environment's nothing shows.
    pub api_key: Option<String>,
    /// Models to go on with when the first fails.
    pub fallbacks: Vec<String>,
    /// Whose they are.
    pub source: Source,
    /// When the org last changed them.
    pub updated_at: Option<Timestamp>,
}

/// What one real call found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmTest {
    /// The model that answered.
    pub model: String,
    /// How long it took.
    pub latency: Duration,
}

/// What a run works with.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The provider, with its key.
    pub settings: Settings,
    /// Models to go on with when the first fails.
    pub fallbacks: Vec<String>,
    /// Whose they are.
    pub source: Source,
    /// When the org last changed them.
    pub updated_at: Option<Timestamp>,
}

/// The settings that hold for the org.
pub async fn read(platform: &Platform, caller: &Caller) -> Result<LlmSettings> {
    let by = platform.permit(caller, Action::LlmSettingsRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let Some(own) = store::find(&mut reader).await? else {
        return Ok(effective_of(platform, by.org_id(), None)?.shown());
    };
    // One that does not open any more is shown as a key all the same, for somebody to give another.
    let api_key = key_of(platform, by.org_id(), &own).unwrap_or_else(|_| Some(MASK.into()));
    Ok(opened(by.org_id(), own, api_key)?.shown())
}

/// Gives the org settings of its own.
///
/// Errors: `invalid`, `credentials_required` when the destination changes, or a mask comes, without a key to go with it.
pub async fn update(platform: &Platform, caller: &Caller, new: LlmUpdate) -> Result<LlmSettings> {
    let by = platform.permit(caller, Action::LlmSettingsUpdate).await?;
    let new = new.check()?;
    let mut tx = platform.db.begin(&by).await?;
    // There may be no row to lock yet, and the kept key must be that of the destination just read.
    settings::lock(&mut tx).await?;
    let stored = stored(platform, &mut tx, &new).await?;
    let after = new.resolve(stored)?;
    let org = by.org_id();
    let sealed = after.settings.api_key.as_ref();
    let sealed = sealed.map(|key| with_cell(org, |cell| platform.sealer.seal_text(cell, key)));
    let now = platform.clock.now();
    let row = store::LlmSettings {
        provider: after.settings.provider.name().to_owned(),
        model: after.settings.model().to_owned(),
        base_url: after.settings.base_url.as_ref().map(Url::to_string),
        api_key: sealed.transpose()?,
        fallbacks: after.fallbacks.clone(),
        updated_at: now,
    };
    store::put(&mut tx, &row).await?;
    let details = json!({
        "provider": row.provider,
        "model": row.model,
        "destination": place(&after.settings),
        "api_key": after.key_fate,
        "fallbacks": row.fallbacks,
    });
    audit::record(&mut tx, &platform.done(&by, "", details)).await?;
    tx.commit().await?;
    let Resolved { settings, fallbacks, .. } = after;
    Ok(Effective { settings, fallbacks, source: Source::Org, updated_at: Some(now) }.shown())
}

/// Makes one real call with the given settings, or those that hold; at most ten a minute and org.
///
/// Errors: `invalid`, `credentials_required`, `rate_limited`, `upstream_refused`, `upstream_unavailable`.
pub async fn test(
    platform: &Platform,
    caller: &Caller,
    tried: Option<LlmUpdate>,
) -> Result<LlmTest> {
    let by = platform.permit(caller, Action::LlmSettingsTest).await?;
    let tried = tried.map(LlmUpdate::check).transpose()?;
    limit_tests(platform, &by).await?;
    let mut tx = platform.db.begin(&by).await?;
    let settings = match tried {
        Some(tried) => {
            let stored = stored(platform, &mut tx, &tried).await?;
            tried.resolve(stored)?.settings
        }
        None => effective(platform, &mut tx).await?.settings,
    };
    let details = json!({
        "provider": settings.provider.name(),
        "model": settings.model(),
        "destination": place(&settings),
    });
    audit::record(&mut tx, &platform.done(&by, "", details)).await?;
    tx.commit().await?;
    let probe = agentcy_llm::probe(&platform.egress, &settings).await.map_err(refusal)?;
    Ok(LlmTest { model: probe.model, latency: probe.latency })
}

/// The settings that hold for the org that was opened.
pub async fn effective(platform: &Platform, tenant: &mut impl Tenant) -> Result<Effective> {
    let own = store::find(tenant).await?;
    effective_of(platform, tenant.org(), own)
}

/// The settings that hold for an org that has these of its own, if it has some.
pub fn effective_of(
    platform: &Platform,
    org: OrgId,
    own: Option<store::LlmSettings>,
) -> Result<Effective> {
    if let Some(own) = own {
        let api_key = key_of(platform, org, &own)?;
        return opened(org, own, api_key);
    }
    let settings = platform.setup.llm.clone();
    Ok(Effective { settings, fallbacks: Vec::new(), source: Source::Environment, updated_at: None })
}

/// The org's own settings, where their key may stay: one that is replaced or removed need not open.
async fn stored(
    platform: &Platform,
    tenant: &mut impl Tenant,
    new: &Checked,
) -> Result<Option<Effective>> {
    if !new.keeps_key() {
        return Ok(None);
    }
    let Some(own) = store::find(tenant).await? else { return Ok(None) };
    let api_key = key_of(platform, tenant.org(), &own).map_err(|_| {
        let message = "the stored api_key does not open any more; send it again, or null";
        Error::refused(ErrorCode::CredentialsRequired, message)
    })?;
    opened(tenant.org(), own, api_key).map(Some)
}

fn key_of(
    platform: &Platform,
    org: OrgId,
    row: &store::LlmSettings,
) -> Result<Option<SecretString>> {
    let sealed = row.api_key.as_deref();
    sealed.map(|key| with_cell(org, |cell| platform.sealer.open_text(cell, key))).transpose()
}

fn opened(org: OrgId, row: store::LlmSettings, api_key: Option<SecretString>) -> Result<Effective> {
    let corrupt = |what: &str| agentcy_store::Error::corrupt("llm_settings", org, what);
    let base_url = row.base_url.as_deref().map(Url::parse).transpose();
    let settings = Settings {
        provider: row.provider.parse().map_err(|_| corrupt("provider"))?,
        base_url: base_url.map_err(|_| corrupt("base_url"))?,
        api_key,
        model: Some(row.model),
    };
    Ok(Effective {
        settings,
        fallbacks: row.fallbacks,
        source: Source::Org,
        updated_at: Some(row.updated_at),
    })
}

fn with_cell<T>(org: OrgId, act: impl FnOnce(Cell<'_>) -> T) -> T {
    act(Cell::api_key(org, &org.to_string()))
}

/// Where calls go, without what may be secret in an address.
fn place(settings: &Settings) -> Option<String> {
    destination(settings).map(|url| url.origin().ascii_serialization())
}

async fn limit_tests(platform: &Platform, by: &By) -> Result<()> {
    let verdict = platform.bus.limit(&Key::new(by.org_id(), "llm_test"), &TESTS).await?;
    if verdict.allowed {
        return Ok(());
    }
    let secs = verdict.retry_after.as_millis().div_ceil(1000).max(1);
    let message = "the model provider is tested at most ten times a minute";
    Err(Error::refused(ErrorCode::RateLimited, message)
        .with_details(json!({ "retry_after_secs": u64::try_from(secs).unwrap_or(60) })))
}

fn refusal(error: agentcy_llm::Error) -> Error {
    use agentcy_llm::Error as Llm;
    let refused = |upstream| {
        Error::refused(ErrorCode::UpstreamRefused, "the model provider said no")
            .with_details(json!({ "upstream": upstream }))
    };
    match error {
        Llm::Refused { status, message, .. } => {
            refused(json!({ "status": status, "message": message }))
        }
        Llm::TooLong { .. } | Llm::Unreadable(_) => {
            refused(json!({ "message": error.to_string() }))
        }
        Llm::Unavailable(_) | Llm::Broken | Llm::Timeout => {
            Error::refused(ErrorCode::UpstreamUnavailable, error.to_string())
        }
        Llm::Blocked(_) | Llm::Unusable(Unusable::Place) => {
            Error::invalid_field("base_url", error.to_string())
        }
        Llm::Unusable(Unusable::Key) => Error::invalid_field("api_key", error.to_string()),
    }
}

impl Effective {
    fn shown(self) -> LlmSettings {
        let model = self.settings.model().to_owned();
        let api_key = self.settings.api_key.map(|key| match self.source {
            Source::Org => mask(key.expose_secret()),
            Source::Environment => MASK.to_owned(),
        });
        LlmSettings {
            provider: self.settings.provider,
            model,
            base_url: self.settings.base_url.map(String::from),
            api_key,
            fallbacks: self.fallbacks,
            source: self.source,
            updated_at: self.updated_at,
        }
    }
}
