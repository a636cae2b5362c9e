//! Where an API is, and what goes with each call.

use std::{collections::BTreeMap, time::Duration};

use agentcy_egress::{Call, Egress};
use http::{HeaderName, HeaderValue, Method, header};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::path::{Path, Pattern};
use crate::{
    Credentials, Job, Result,
    settings::{self, Faults},
};

const MAX_URL: usize = 2048;
const MAX_HEADERS: usize = 32;
const MAX_PATTERNS: usize = 200;
const MAX_SECS: u64 = 50;

/// What the connection itself says, and what would turn a read into something else.
const NOT_SETTABLE: [&str; 14] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];
/// What belongs into the credentials.
const SECRET: [&str; 6] =
    ["api-key", "authorization", "cookie", "x-api-key", "x-auth-token", "x-access-token"];

/// Where an API is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The URL that all calls stay below, by http or https.
    base_url: String,
    /// Headers of every call. Secrets go to the credentials.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The paths below the base URL whose GET changes nothing, such as `/users/*` (one step) or `/docs/**` (any).
    #[serde(default)]
    read_paths: Vec<String>,
    /// How long a call may take, 1 to 50 seconds.
    #[serde(default = "thirty")]
    timeout_secs: u64,
}

const fn thirty() -> u64 {
    30
}

/// A config that holds, and the secrets for it.
pub(super) struct Settings {
    pub(super) base: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    secrets: Vec<(HeaderName, SecretString)>,
    patterns: Vec<Pattern>,
    timeout: Duration,
}

impl Settings {
    /// The settings of a job.
    pub(super) fn read(job: Job<'_>) -> Result<Self> {
        let mut settings = Self::of(job.config)?;
        settings.secrets = secrets(job.credentials)?;
        let twice =
            |(name, _): &&(HeaderName, _)| settings.headers.iter().any(|(one, _)| one == name);
        if let Some((name, _)) = settings.secrets.iter().find(twice) {
            let path = format!("config.headers.{name}");
            return Err(settings::invalid(path, "also among the credentials"));
        }
        Ok(settings)
    }

    /// The settings without secrets.
    pub(super) fn of(config: &Value) -> Result<Self> {
        let config: Config = settings::read("config", config)?;
        let mut faults = Faults::default();
        let base = base(&config.base_url);
        faults.require(base.is_some(), "config.base_url", BASE_RULE);
        let is_short = config.headers.len() <= MAX_HEADERS;
        faults.require(is_short, "config.headers", "at most 32 headers");
        let mut headers = Vec::new();
        for (name, value) in &config.headers {
            let path = || format!("config.headers.{name}");
            match (header_name(name), HeaderValue::from_str(value)) {
                (Some(name), Ok(value)) => {
                    let is_open = !SECRET.contains(&name.as_str());
                    faults.require(is_open, path(), "a secret, which goes to the credentials");
                    headers.push((name, value));
                }
                (None, _) => faults.require(false, path(), "a name of a header that may be set"),
                (_, Err(_)) => faults.require(false, path(), "a value that a header can hold"),
            }
        }
        let is_short = config.read_paths.len() <= MAX_PATTERNS;
        faults.require(is_short, "config.read_paths", "at most 200 paths");
        let mut patterns = Vec::new();
        for (index, pattern) in config.read_paths.iter().take(MAX_PATTERNS).enumerate() {
            match Pattern::parse(pattern) {
                Ok(pattern) => patterns.push(pattern),
                Err(rule) => faults.require(false, format!("config.read_paths[{index}]"), rule),
            }
        }
        let is_bounded = (1..=MAX_SECS).contains(&config.timeout_secs);
        faults.require(is_bounded, "config.timeout_secs", "1 to 50 seconds");
        faults.into_result()?;
        let base = base.ok_or_else(|| settings::invalid("config.base_url", BASE_RULE))?;
        let timeout = Duration::from_secs(config.timeout_secs);
        Ok(Self { base, headers, secrets: Vec::new(), patterns, timeout })
    }

    /// Whether a GET of this path is known to change nothing.
    pub(super) fn is_read(&self, path: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.covers(path))
    }

    /// A call with the headers of every call; the URL is below the base.
    pub(super) fn call(&self, egress: &Egress, method: Method, url: Url) -> Result<Call> {
        let mut call = egress.http()?.call(method, url).timeout(self.timeout);
        for (name, value) in &self.headers {
            call = call.header(name.clone(), value.clone());
        }
        for (name, secret) in &self.secrets {
            call = call.secret_header(name.clone(), secret.expose_secret());
        }
        Ok(call)
    }
}

const BASE_RULE: &str = "an http or https URL without user, password, query and fragment";

fn base(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        // Steps that the parser left alone may lead out of the prefix on the other side.
        && Path::parse(url.path()).is_ok();
    is_plain.then_some(url)
}

fn header_name(name: &str) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    (!NOT_SETTABLE.contains(&name.as_str())).then_some(name)
}

fn secrets(credentials: &Credentials) -> Result<Vec<(HeaderName, SecretString)>> {
    let mut secrets: Vec<(HeaderName, SecretString)> = Vec::new();
    let mut faults = Faults::default();
    for (field, secret) in credentials {
        let path = || format!("credentials.{field}");
        let name = match (field.as_str(), field.strip_prefix("header.")) {
            ("authorization", _) => Some(header::AUTHORIZATION),
            (_, Some(name)) => header_name(name),
            _ => None,
        };
        let is_value = HeaderValue::from_str(secret.expose_secret()).is_ok();
        faults.require(is_value, path(), "a value that a header can hold");
        match name {
            Some(name) => {
                let is_new = secrets.iter().all(|(one, _)| *one != name);
                faults.require(is_new, path(), "one value for a header");
                secrets.push((name, secret.clone()));
            }
            None => faults.require(
                false,
                path(),
                "`authorization`, or `header.` and a name of a header that may be set",
            ),
        }
    }
    faults.into_result().map(|()| secrets)
}
