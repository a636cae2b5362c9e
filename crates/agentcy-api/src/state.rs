//! What every handler reaches.

use std::{sync::Arc, time::Duration};

use agentcy_agent::Runs;
use agentcy_platform::{Platform, hooks::Intake, lifecycle::Lifecycle};
use bytes::Bytes;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use url::Url;

/// What the façade stands on. Cheap to clone; made once by the composition root, and by tests with other parts.
#[derive(Clone)]
pub struct AppState {
    /// The operations.
    pub platform: Platform,
    /// The runs of this process.
    pub runs: Runs,
    /// Where webhooks come in.
    pub hooks: Intake,
    /// When to stop.
    pub lifecycle: Lifecycle,
    /// How HTTP behaves.
    pub setup: Arc<HttpSetup>,
    /// The metrics of this process.
    pub metrics: PrometheusHandle,
    /// The OpenAPI document; set when the router is made.
    pub(crate) openapi: Bytes,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        platform: Platform,
        runs: Runs,
        lifecycle: Lifecycle,
        setup: HttpSetup,
        metrics: PrometheusHandle,
    ) -> Self {
        let hooks = Intake::new(&platform, &lifecycle);
        Self {
            platform,
            runs,
            hooks,
            lifecycle,
            setup: Arc::new(setup),
            metrics,
            openapi: Bytes::new(),
        }
    }
}

/// How HTTP behaves.
#[derive(Debug, Clone)]
pub struct HttpSetup {
    /// Where clients reach us, for links and the origin of the UI.
    pub public_url: Url,
    /// Whether we listen on a loopback address only.
    pub is_loopback: bool,
    /// Proxies whose word about the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The only names that `Host` may say; empty means any.
    pub allowed_hosts: Vec<String>,
    /// Origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// What a scraper of /metrics must show.
    pub metrics_token: Option<SecretString>,
    /// How long one request may take, streams apart.
    pub request_timeout: Duration,
    /// How many requests run at once.
    pub concurrency: usize,
}

impl HttpSetup {
    /// What holds on a loopback bind when nothing is set.
    pub fn local(public_url: Url) -> Self {
        Self {
            public_url,
            is_loopback: true,
            trusted_proxies: Vec::new(),
            allowed_hosts: Vec::new(),
            cors_origins: Vec::new(),
            metrics_token: None,
            request_timeout: Duration::from_secs(30),
            concurrency: 1024,
        }
    }
}
