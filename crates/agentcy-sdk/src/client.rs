//! The client: where the server is, who asks, and how long an answer may take.

use std::{fmt, time::Duration};

use reqwest::{Method, redirect::Policy};
use secrecy::SecretString;
use url::{Host, Url};

use crate::{Error, call::Call, tls};

const USER_AGENT: &str = concat!("agentcy-sdk/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) server: Url,
    pub(crate) token: Option<SecretString>,
    pub(crate) timeout: Duration,
    pub(crate) is_patient: bool,
}

/// Says where, never who.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.server.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server at this address, such as `https://agentcy.example.com`. Nothing is contacted yet.
    pub fn new(server: Url) -> Result<Self, Error> {
        check(&server)?;
        let built = builder(&server, &[b"h2", b"http/1.1"])?.build();
        let http = built.map_err(|error| Error::of_transport(error, &server, CONNECT_TIMEOUT))?;
        Ok(Self { http, server, token: None, timeout: TIMEOUT, is_patient: false })
    }

    /// The same, signed in with the token of a session or an API key.
    #[must_use]
    pub fn with_token(self, token: SecretString) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The same with another time that each attempt of a call may take; 30 seconds unless said.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same for who waits for something that goes on at the server: what may be sent again is sent again for half a
    /// minute, also when nothing came in time.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { is_patient: true, ..self }
    }

    /// Connections of the same kind, for what HTTP/2 does not do: upgrades.
    pub(crate) fn upgrading(&self) -> Result<reqwest::Client, Error> {
        let built = builder(&self.server, &[b"http/1.1"])?.http1_only().build();
        built.map_err(|error| Error::of_transport(error, &self.server, CONNECT_TIMEOUT))
    }

    /// The server that it speaks to.
    pub const fn server(&self) -> &Url {
        &self.server
    }

    pub(crate) fn get(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::GET, path)
    }

    /// A POST that may have its effect twice when it is sent twice.
    pub(crate) fn post(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::POST, path)
    }

    /// A POST that makes something; it carries a key, so that it is made once.
    pub(crate) fn create(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::POST, path).once()
    }

    /// A POST that changes nothing, so that it may be sent again.
    pub(crate) fn ask(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::POST, path).harmless()
    }

    pub(crate) fn put(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::DELETE, path)
    }
}

fn builder(server: &Url, protocols: &[&[u8]]) -> Result<reqwest::ClientBuilder, Error> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::config(server, protocols)?)
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        // Repeats are ours, where a repeat is harmless.
        .retry(reqwest::retry::never())
        .referer(false);
    // What is asked of this machine does not go through a proxy elsewhere.
    Ok(if is_loopback(server) { builder.no_proxy() } else { builder })
}

fn check(server: &Url) -> Result<(), Error> {
    let fault = if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
        "is no http or https address"
    } else if !server.username().is_empty() || server.password().is_some() {
        "holds a user or password; give a token instead"
    } else if server.query().is_some() || server.fragment().is_some() {
        "has more than an address and a path"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("the address of the server {fault}")))
}

fn is_loopback(server: &Url) -> bool {
    match server.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
