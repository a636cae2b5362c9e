//! `/settings/llm`: the org's model provider.

use agentcy_core::{Action, ErrorCode, FieldError, Timestamp};
use agentcy_platform::{
    Change,
    llm_settings::{self, LlmSettings, LlmUpdate, ProviderKind},
};
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, MaybeJson, ValidJson},
    patch::Patch,
    respond::Reply,
    samples,
    state::AppState,
};

const ITEM: &str = "/api/v1/settings/llm";
const TEST: &str = "/api/v1/settings/llm/test";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(ITEM, get_with(read, read_docs).put_with(update, update_docs))
        .api_route(TEST, post_with(test, test_docs))
}

/// Which wire a provider speaks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Provider {
    Builtin,
    Openai,
    Anthropic,
}

impl From<Provider> for ProviderKind {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Builtin => Self::Builtin,
            Provider::Openai => Self::Openai,
            Provider::Anthropic => Self::Anthropic,
        }
    }
}

impl From<ProviderKind> for Provider {
    fn from(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Builtin => Self::Builtin,
            ProviderKind::Openai => Self::Openai,
            ProviderKind::Anthropic => Self::Anthropic,
        }
    }
}

/// A model to try when the first one fails.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fallback {
    model: String,
}

/// The provider in force, taken whole from the org or from the environment.
#[derive(Debug, Serialize, JsonSchema)]
struct LlmView {
    provider: Provider,
    model: String,
    /// Null is the provider's public address.
    base_url: Option<String>,
    /// Masked; null when there is none.
    api_key: Option<String>,
    fallbacks: Vec<Fallback>,
    /// `org` or `environment`.
    source: String,
    updated_at: Option<Timestamp>,
}

impl From<LlmSettings> for LlmView {
    fn from(settings: LlmSettings) -> Self {
        Self {
            provider: settings.provider.into(),
            model: settings.model,
            base_url: settings.base_url,
            api_key: settings.api_key,
            fallbacks: settings.fallbacks.into_iter().map(|model| Fallback { model }).collect(),
            source: settings.source.name().to_owned(),
            updated_at: settings.updated_at,
        }
    }
}

/// A provider, whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LlmPut {
    provider: Provider,
    model: String,
    /// http or https.
    base_url: Option<String>,
    /// Left out or a mask: unchanged. Null: removed.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    api_key: Patch<SecretString>,
    #[serde(default)]
    fallbacks: Vec<Fallback>,
}

impl From<LlmPut> for LlmUpdate {
    fn from(put: LlmPut) -> Self {
        Self {
            provider: put.provider.into(),
            model: put.model,
            base_url: put.base_url,
            api_key: put.api_key.0,
            fallbacks: put.fallbacks.into_iter().map(|fallback| fallback.model).collect(),
        }
    }
}

/// Settings to try without storing them; the stored ones when empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LlmTry {
    /// Required with any other setting.
    provider: Option<Provider>,
    /// Left out: the provider's default.
    model: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    api_key: Patch<SecretString>,
    #[serde(default)]
    fallbacks: Vec<Fallback>,
}

impl LlmTry {
    fn into_update(self) -> Result<Option<LlmUpdate>, ApiError> {
        let Self { provider, model, base_url, api_key, fallbacks } = self;
        let Some(provider) = provider else {
            let is_empty = model.is_none()
                && base_url.is_none()
                && matches!(api_key.0, Change::Keep)
                && fallbacks.is_empty();
            if is_empty {
                return Ok(None);
            }
            let fault = FieldError::new("provider", "is required with any other setting");
            return Err(ApiError::invalid(vec![fault]));
        };
        let model =
            model.unwrap_or_else(|| ProviderKind::from(provider).default_model().to_owned());
        Ok(Some(LlmPut { provider, model, base_url, api_key, fallbacks }.into()))
    }
}

/// How the provider answered.
#[derive(Debug, Serialize, JsonSchema)]
struct TestView {
    ok: bool,
    model: String,
    latency_ms: u64,
}

#[tracing::instrument(name = "api.settings.llm.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<LlmView>, ApiError> {
    Ok(Reply(llm_settings::read(&app.platform, &caller).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_llm_read",
        tag: "settings",
        summary: "Read the model provider",
        description: "The org's own record, or else the environment's; never a mixture. The key is masked.",
        audience: Audience::May(Action::LlmSettingsRead),
        errors: &[],
    };
    ok(doc.of(op), "The provider in force.", LlmView::sample())
}

#[tracing::instrument(name = "api.settings.llm.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<LlmPut>,
) -> Result<Reply<LlmView>, ApiError> {
    Ok(Reply(llm_settings::update(&app.platform, &caller, body.into()).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_llm_update",
        tag: "settings",
        summary: "Set the model provider",
        description: "The key is stored encrypted. Changing where it is sent needs it again.",
        audience: Audience::May(Action::LlmSettingsUpdate),
        errors: &[ErrorCode::CredentialsRequired],
    };
    ok(doc.of(op), "The provider as it is now.", LlmView::sample())
}

#[tracing::instrument(name = "api.settings.llm.test", skip_all)]
async fn test(
    State(app): State<AppState>,
    Known(caller): Known,
    MaybeJson(body): MaybeJson<LlmTry>,
) -> Result<Reply<TestView>, ApiError> {
    let test = llm_settings::test(&app.platform, &caller, body.into_update()?).await?;
    let latency_ms = u64::try_from(test.latency.as_millis()).unwrap_or(u64::MAX);
    Ok(Reply(TestView { ok: true, model: test.model, latency_ms }))
}

fn test_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_llm_test",
        tag: "settings",
        summary: "Test the model provider",
        description: "One real call, with the stored settings or with those of the body, which then names its provider.",
        audience: Audience::May(Action::LlmSettingsTest),
        errors: &[
            ErrorCode::CredentialsRequired,
            ErrorCode::UpstreamRefused,
            ErrorCode::UpstreamUnavailable,
        ],
    };
    let example = TestView { ok: true, model: "builtin".to_owned(), latency_ms: 0 };
    ok(doc.of(op), "The provider answered.", example)
}

impl LlmView {
    fn sample() -> Self {
        Self {
            provider: Provider::Openai,
            model: "gpt-6.1-terra".to_owned(),
            base_url: None,
            api_key: Some("****abcd".to_owned()),
            fallbacks: Vec::new(),
            source: "org".to_owned(),
            updated_at: Some(samples::time()),
        }
    }
}
