//! What the composition root decides about the rules: keys, registration, features, limits.

use std::{fmt, path::PathBuf, time::Duration};

use agentcy_core::{Features, id::OrgId};
use secrecy::SecretString;

/// Everything that operations take from the environment.
#[derive(Clone)]
pub struct Setup {
    /// Who gets in.
    pub auth: AuthSetup,
    /// Which features the environment has on.
    pub features: Features,
    /// The environment's model provider, for orgs without one of their own.
    pub llm: agentcy_llm::Settings,
    /// How often somebody may ask.
    pub rates: Rates,
    /// What sources may read on this machine.
    pub sources: SourceSetup,
    /// Keys for stored secrets: the present one and the one before.
    pub sealing: ([u8; 32], Option<[u8; 32]>),
}

// Shows no key.
impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("auth", &self.auth)
            .field("features", &self.features)
            .field("llm", &self.llm)
            .field("rates", &self.rates)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// What sources may read on this machine.
#[derive(Debug, Clone, Default)]
pub struct SourceSetup {
    /// The folders of each org; those without one are the first org's.
    pub files_allow: Vec<(Option<OrgId>, PathBuf)>,
    /// What no source may read, whatever folder it lies in, such as the data directory.
    pub protected: Vec<PathBuf>,
    /// Where connectors keep what can be fetched again; `None` where there is no data directory.
    pub cache: Option<PathBuf>,
}

/// Who gets in, and how.
#[derive(Debug, Clone)]
pub struct AuthSetup {
    /// Signs our tokens (HS256).
    pub jwt_secret: SecretString,
    /// Still checks tokens that the secret before signed.
    pub jwt_secret_previous: Option<SecretString>,
    /// How long a token is good.
    pub jwt_expiry: Duration,
    /// The OpenID Connect issuer whose tokens are taken too.
    pub oidc: Option<OidcSetup>,
    /// Who may register.
    pub registration: Registration,
    /// What workers show.
    pub worker_token: Option<SecretString>,
    /// Whether a query string may carry any token or only tickets.
    pub query_tokens: QueryTokens,
    /// What a password hash costs.
    pub passwords: PasswordCost,
}

/// An OpenID Connect issuer.
#[derive(Debug, Clone)]
pub struct OidcSetup {
    /// Where its keys are.
    pub jwks_url: url::Url,
    /// What `iss` must say.
    pub issuer: String,
    /// What `aud` must contain.
    pub audience: String,
    /// The claim that names the org.
    pub org_claim: String,
    /// The claim that names the role.
    pub role_claim: String,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Nobody.
    Closed,
    /// Whoever was invited.
    Invite,
    /// Anybody; they get an org of their own.
    Open,
}

/// What `?token=` may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryTokens {
    /// Tickets and bearer tokens.
    Any,
    /// Tickets only.
    Tickets,
}

/// Argon2id parameters, and how many hashes run at once.
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// How many hashes run at once; the rest wait their turn.
    pub at_once: usize,
}

impl Default for PasswordCost {
    /// 19 MiB and two passes: OWASP Password Storage Cheat Sheet.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, at_once: 2 }
    }
}

/// How often somebody may ask, per minute.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Requests of one principal.
    pub principal: u32,
    /// Requests of one address without a credential.
    pub anonymous: u32,
    /// Sign-in attempts on one account, and failed ones from one address.
    pub sign_in: u32,
    /// Deliveries of webhooks from one address.
    pub hooks: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { principal: 6000, anonymous: 600, sign_in: 20, hooks: 6000 }
    }
}
