//! Settings in the words of the platform and of the façade.

use std::time::Duration;

use agentcy_api::HttpSetup;
use agentcy_config::{Config, EncryptionKey, Provider, QueryTokens, Registration, Server};
use agentcy_core::{Entropy, clock::SystemEntropy};
use agentcy_llm::ProviderKind;
use agentcy_platform::setup::{
    self, AuthSetup, OidcSetup, PasswordCost, Rates, Setup, SourceSetup,
};
use anyhow::Context;
use url::Url;

use crate::data_dir::DataDir;

/// What operations take from the environment. Secrets that are not set are made once in the data folder.
pub(crate) fn setup(config: &Config, data_dir: Option<&DataDir>) -> anyhow::Result<Setup> {
    let kept =
        || data_dir.context("a secret is missing and there is no data folder to keep one in");
    let auth = &config.auth;
    let jwt_secret = match &auth.jwt_secret {
        Some(secret) => secret.clone(),
        None => kept()?.secret_text("jwt_secret")?,
    };
    let sealing = match &config.secrets.encryption_key {
        Some(key) => *key.expose(),
        None => kept()?.secret("encryption_key")?,
    };
    let previous = config.secrets.encryption_key_previous.as_ref().map(|key| *key.expose());
    let previous = previous.or_else(|| key_of_the_folder(config, &sealing));
    Ok(Setup {
        auth: AuthSetup {
            jwt_secret,
            jwt_secret_previous: auth.jwt_secret_previous.clone(),
            jwt_expiry: auth.jwt_expiry,
            oidc: auth.oidc.as_ref().map(|oidc| OidcSetup {
                jwks_url: oidc.jwks_url.clone(),
                issuer: oidc.issuer.clone(),
                audience: auth.audience.clone(),
                org_claim: oidc.claim_org_id.clone(),
                role_claim: oidc.claim_role.clone(),
            }),
            registration: match auth.registration {
                Registration::Closed => setup::Registration::Closed,
                Registration::Invite => setup::Registration::Invite,
                Registration::Open => setup::Registration::Open,
            },
            worker_token: auth.worker_token.clone(),
            query_tokens: match config.server.query_tokens {
                QueryTokens::Any => setup::QueryTokens::Any,
                QueryTokens::Tickets => setup::QueryTokens::Tickets,
            },
            passwords: PasswordCost::default(),
        },
        features: config.features,
        llm: llm(config),
        rates: Rates::default(),
        sources: sources(config, data_dir.is_some()),
        sealing: (sealing, previous),
    })
}

/// The key that was made before one was set, on the same data folder. One that cannot be read is missed as soon as
/// something was sealed with it.
fn key_of_the_folder(config: &Config, present: &[u8; 32]) -> Option<[u8; 32]> {
    let kept = DataDir::peek(&config.data_dir, "encryption_key").unwrap_or_default()?;
    (kept != *present).then_some(kept)
}

/// The settings of a process beside a server: what the server keeps in its data folder is read there, if it can be.
pub(crate) fn borrowed(config: &Config) -> anyhow::Result<Config> {
    let mut config = config.clone();
    if config.secrets.encryption_key.is_none() {
        let kept = DataDir::peek(&config.data_dir, "encryption_key")?;
        let key = kept.context(
            "the key for stored secrets is missing; set AGENTCY_ENCRYPTION_KEY to the server's, or AGENTCY_DATA_DIR to its folder",
        )?;
        config.secrets.encryption_key = Some(EncryptionKey::new(key));
    }
    if config.auth.jwt_secret.is_none() {
        // Nobody signs in here.
        let mut secret = [0; 32];
        SystemEntropy.fill(&mut secret);
        config.auth.jwt_secret = Some(hex::encode(secret).into());
    }
    Ok(config)
}

/// The same settings with the server's secret of sessions, for a process that is shown its tokens.
pub(crate) fn with_signing(config: &Config) -> anyhow::Result<Config> {
    let mut config = config.clone();
    if config.auth.jwt_secret.is_none() {
        let kept = DataDir::peek(&config.data_dir, "jwt_secret")?;
        let secret = kept.context(
            "the secret of sessions is missing; set JWT_SECRET to the server's, or AGENTCY_DATA_DIR to its folder",
        )?;
        config.auth.jwt_secret = Some(hex::encode(secret).into());
    }
    Ok(config)
}

fn sources(config: &Config, has_data_dir: bool) -> SourceSetup {
    let folders = config.egress.files_allow.iter();
    SourceSetup {
        files_allow: folders.map(|folder| (folder.org_id, folder.path.clone())).collect(),
        protected: vec![config.data_dir.clone()],
        cache: has_data_dir.then(|| config.data_dir.join("cache")),
    }
}

fn llm(config: &Config) -> agentcy_llm::Settings {
    agentcy_llm::Settings {
        provider: match config.llm.provider {
            Provider::Builtin => ProviderKind::Builtin,
            Provider::Openai => ProviderKind::Openai,
            Provider::Anthropic => ProviderKind::Anthropic,
        },
        base_url: config.llm.base_url.clone(),
        api_key: config.llm.api_key.clone(),
        model: config.llm.model.clone(),
    }
}

/// How HTTP behaves.
pub(crate) fn http(config: &Config) -> anyhow::Result<HttpSetup> {
    let server = &config.server;
    let public_url = match &server.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{}", server.bind))?,
    };
    Ok(HttpSetup {
        public_url,
        is_loopback: config.is_loopback(),
        trusted_proxies: server.trusted_proxies.clone(),
        allowed_hosts: allowed_hosts(server),
        cors_origins: server.cors_origins.clone(),
        metrics_token: server.metrics_token.clone(),
        request_timeout: Duration::from_secs(30),
        concurrency: 1024,
    })
}

/// None allows any. People are sent to the public address, so that is one of them.
fn allowed_hosts(server: &Server) -> Vec<String> {
    let Some(mut hosts) = server.allowed_hosts.clone() else { return Vec::new() };
    hosts.extend(server.public_url.as_ref().and_then(Url::host_str).map(str::to_owned));
    hosts
}
