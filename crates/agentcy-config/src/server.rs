//! Where the server listens, and whom it listens to.

use std::net::SocketAddr;

use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use crate::{
    fault::{Faulty, Objection, object},
    parse,
    reader::Reader,
    setting::Setting,
    strength::{SECRET_LENGTH, strong},
};

const BIND: Setting = Setting::open(
    "AGENTCY_BIND",
    Some("127.0.0.1:8080"),
    "Address and port to listen on; any but a loopback address needs real secrets.",
);
const PUBLIC_URL: Setting = Setting::open(
    "AGENTCY_PUBLIC_URL",
    None,
    "The origin at which people reach this server; any but this machine's needs real secrets.",
);
const LOG: Setting =
    Setting::open("AGENTCY_LOG", Some("pretty"), "Form of the log: pretty or json.");
const TRUSTED_PROXIES: Setting = Setting::open(
    "AGENTCY_TRUSTED_PROXIES",
    None,
    "Address ranges of proxies whose X-Forwarded-For counts; with any it needs real secrets.",
);
const ALLOWED_HOSTS: Setting = Setting::open(
    "AGENTCY_ALLOWED_HOSTS",
    None,
    "Host names, without ports, that requests may be addressed to beside AGENTCY_PUBLIC_URL's.",
);
const CORS_ORIGINS: Setting = Setting::open(
    "AGENTCY_CORS_ORIGINS",
    None,
    "Origins whose pages may call the API; none unless set.",
);
const METRICS_TOKEN: Setting = Setting::secret(
    "AGENTCY_METRICS_TOKEN",
    "Bearer token of /metrics: at least 32 characters; unset: this machine alone sees them.",
);
const QUERY_TOKENS: Setting = Setting::open(
    "AGENTCY_QUERY_TOKENS",
    Some("any"),
    "What ?token= may hold: any (tickets and bearer tokens) or tickets.",
);

pub(crate) const SETTINGS: &[Setting] = &[
    BIND,
    PUBLIC_URL,
    TRUSTED_PROXIES,
    LOG,
    ALLOWED_HOSTS,
    CORS_ORIGINS,
    METRICS_TOKEN,
    QUERY_TOKENS,
];

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What `?token=` may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryTokens {
    /// A ticket or a bearer token.
    Any,
    /// A ticket only.
    Tickets,
}

/// Where the server listens, and whom it listens to.
#[derive(Debug, Clone)]
pub struct Server {
    /// Address and port to listen on.
    pub bind: SocketAddr,
    /// Whether others than this machine reach it, there or through a proxy.
    pub exposed: bool,
    /// The origin at which people reach the server.
    pub public_url: Option<Url>,
    /// The form of the log.
    pub log: LogFormat,
    /// Proxies whose word about the client's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Host names that requests may be addressed to, in lower case; `None` leaves it open.
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins whose pages may call the API, as browsers write them.
    pub cors_origins: Vec<String>,
    /// The token of `/metrics`.
    pub metrics_token: Option<SecretString>,
    /// What `?token=` may hold.
    pub query_tokens: QueryTokens,
}

/// How the server is reached. It decides how strict the other settings are, so it is read first.
pub(crate) struct Reach {
    bind: Result<SocketAddr, Faulty>,
    public_url: Result<Option<Url>, Faulty>,
    trusted_proxies: Result<Option<Vec<IpNet>>, Faulty>,
}

impl Reach {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let bind = reader.value(&BIND, |text| {
            text.parse().or_else(|_| {
                object("is not an address with a port", "write it like 127.0.0.1:8080 or [::]:8080")
            })
        });
        let public_url = reader.optional(&PUBLIC_URL, parse::origin);
        let trusted_proxies = reader.optional(&TRUSTED_PROXIES, parse::nets);
        Self { bind, public_url, trusted_proxies }
    }

    /// Whether others than this machine reach the server: at its own address, or through a proxy in front of it.
    pub(crate) fn is_exposed(&self) -> bool {
        let listens_to_others = self.bind.is_ok_and(|bind| !is_loopback(bind));
        let has_proxy = matches!(&self.trusted_proxies, Ok(Some(nets)) if !nets.is_empty());
        let is_public = matches!(&self.public_url, Ok(Some(url)) if !is_of_this_machine(url));
        listens_to_others || has_proxy || is_public
    }
}

/// Whether only this machine can reach the address.
pub(crate) fn is_loopback(bind: SocketAddr) -> bool {
    bind.ip().to_canonical().is_loopback()
}

fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        None => false,
    }
}

impl Server {
    pub(crate) fn read(reader: &mut Reader<'_>, reach: Reach) -> Result<Self, Faulty> {
        let exposed = reach.is_exposed();
        let Reach { bind, public_url, trusted_proxies } = reach;
        let log = reader.value(&LOG, |text| {
            parse::word(text, &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)])
        });
        let allowed_hosts = reader.optional(&ALLOWED_HOSTS, |text| parse::each(text, host));
        let cors_origins = reader.optional(&CORS_ORIGINS, |text| {
            parse::each(text, |part| Ok(parse::origin(part)?.origin().ascii_serialization()))
        });
        let metrics_token = strong(reader, &METRICS_TOKEN, SECRET_LENGTH, exposed, false);
        let query_tokens = reader.value(&QUERY_TOKENS, |text| {
            parse::word(text, &[("any", QueryTokens::Any), ("tickets", QueryTokens::Tickets)])
        });
        Ok(Self {
            bind: bind?,
            exposed,
            public_url: public_url?,
            log: log?,
            trusted_proxies: trusted_proxies?.unwrap_or_default(),
            allowed_hosts: allowed_hosts?,
            cors_origins: cors_origins?.unwrap_or_default(),
            metrics_token: metrics_token?,
            query_tokens: query_tokens?,
        })
    }
}

fn host(text: &str) -> Result<String, Objection> {
    match Host::parse(text) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => object("is not a host name", "write names like agentcy.example.org, no ports"),
    }
}
