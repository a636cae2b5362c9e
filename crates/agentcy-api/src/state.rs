//! What every handler reaches.

use std::{ops::Deref, sync::Arc, time::Duration};

use agentcy_agent::Runs;
use agentcy_platform::{Platform, hooks::Intake, lifecycle::Lifecycle};
use bytes::Bytes;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use url::Url;

/// What the façade stands on; made once by the composition root, and by tests with other parts. Each layer of each
/// request clones it, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What an [`AppState`] has.
#[derive(Clone)]
pub struct Parts {
    /// The operations.
    pub platform: Platform,
    /// The runs of this process.
    pub runs: Runs,
    /// Where webhooks come in.
    pub hooks: Intake,
    /// When to stop.
    pub lifecycle: Lifecycle,
    /// How HTTP behaves.
    pub setup: HttpSetup,
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
        let openapi = Bytes::new();
        Self(Arc::new(Parts { platform, runs, hooks, lifecycle, setup, metrics, openapi }))
    }

    /// The same with the document of its routes.
    pub(crate) fn with_document(self, openapi: Bytes) -> Self {
        Self(Arc::new(Parts { openapi, ..Arc::unwrap_or_clone(self.0) }))
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
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
