//! HTTP through the guard.

use std::sync::{Arc, OnceLock};

use reqwest::{Client, Method, Request, Response, redirect::Policy};
use url::{Host, Url};

use crate::{Call, Error, Limits, Result, dial::GuardedResolver, judge::Guard};

const USER_AGENT: &str = concat!("agentcy/", env!("CARGO_PKG_VERSION"));

/// The client, made at the first call: a server that never calls out needs no certificates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<OnceLock<std::result::Result<Client, String>>>);

impl Shared {
    pub(crate) fn client(&self, guard: &Arc<Guard>, limits: Limits) -> Result<Client> {
        let made = self.0.get_or_init(|| build(guard, limits).map_err(|error| chain(&error)));
        made.clone().map_err(Error::Setup)
    }
}

fn build(guard: &Arc<Guard>, limits: Limits) -> reqwest::Result<Client> {
    // Fails when there is a provider already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(USER_AGENT)
        .dns_resolver(GuardedResolver { guard: Arc::clone(guard), limits })
        // A proxy of the environment would be connected to unjudged, and would resolve by itself.
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(limits.resolve + limits.connect)
        .timeout(limits.total)
        .build()
}

/// An HTTP client whose every connection is judged. It follows redirects only where a call asks.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
    guard: Arc<Guard>,
}

impl HttpClient {
    pub(crate) const fn new(client: Client, guard: Arc<Guard>) -> Self {
        Self { client, guard }
    }

    /// Begins a GET.
    pub fn get(&self, url: Url) -> Call {
        self.call(Method::GET, url)
    }

    /// Begins a POST.
    pub fn post(&self, url: Url) -> Call {
        self.call(Method::POST, url)
    }

    /// Begins a call.
    pub fn call(&self, method: Method, url: Url) -> Call {
        Call::new(self.clone(), self.client.request(method, url))
    }

    /// Sends one request, once its URL is judged. A host that is an address never meets the
    /// resolver; parsing has already turned its odd forms (0x7f.1, 2130706433) into addresses.
    pub(crate) async fn send(&self, request: Request) -> Result<Response> {
        match request.url().scheme() {
            "http" | "https" => {}
            _ => return Err(Error::InvalidUrl("is neither http nor https")),
        }
        match request.url().host() {
            Some(Host::Ipv4(address)) => self.guard.judge(address.into())?,
            Some(Host::Ipv6(address)) => self.guard.judge(address.into())?,
            Some(Host::Domain(_)) => {}
            None => return Err(Error::InvalidUrl("has no host")),
        }
        self.client.execute(request).await.map_err(Error::from_http)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
