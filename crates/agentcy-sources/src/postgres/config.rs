//! Which database, and by whom. The URL is read here and not by the driver, which would also take sockets, lists of
//! hosts, password files and options of the server.

use std::{net::IpAddr, str::FromStr};

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::{
    Job, Result,
    settings::{self, Faults},
};

const MAX_URL: usize = 2048;
const MAX_SCHEMAS: usize = 200;
/// The longest name in PostgreSQL.
const MAX_NAME: usize = 63;
const MAX_CERTIFICATES: usize = 256 << 10;

/// Which database, and what of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// `postgres://user@host:port/database`, without the password. `?sslmode=` is `disable`, `prefer`, `require` or
    /// `verify-full`: only the last is safe from who sits in between, and it holds unless the host is this machine.
    url: String,
    /// The schemas to read; all but those of the system when the list is empty.
    #[serde(default)]
    schemas: Vec<String>,
    /// Whether the schemas of the system are read too.
    #[serde(default)]
    include_system: bool,
    /// Whether the user may be a superuser, replicate, or reach the files and programs of the server.
    #[serde(default)]
    allow_superuser: bool,
    /// The certificates, as PEM, that `verify-full` trusts instead of those of the machine.
    ca_certificates: Option<String>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

/// A config that holds, and the password.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) tls: Tls,
    pub(super) schemas: Vec<String>,
    pub(super) include_system: bool,
    pub(super) allow_superuser: bool,
    pub(super) ca_certificates: Option<String>,
    pub(super) password: Option<SecretString>,
}

impl Settings {
    pub(super) fn read(job: Job<'_>) -> Result<Self> {
        let config: Config = settings::read("config", job.config)?;
        let mut faults = Faults::default();
        let place = place(&config.url);
        if let Err(rule) = &place {
            faults.require(false, "config.url", rule);
        }
        let is_short = config.schemas.len() <= MAX_SCHEMAS;
        faults.require(is_short, "config.schemas", "at most 200 schemas");
        for (index, schema) in config.schemas.iter().take(MAX_SCHEMAS).enumerate() {
            let is_name = (1..=MAX_NAME).contains(&schema.len()) && !schema.contains('\0');
            faults.require(is_name, format!("config.schemas[{index}]"), "1 to 63 bytes");
        }
        if let Some(pem) = &config.ca_certificates {
            let path = "config.ca_certificates";
            faults.require(pem.len() <= MAX_CERTIFICATES, path, "at most 256 KiB");
            let verifies = place.as_ref().map_or(true, |place| place.tls == Tls::VerifyFull);
            faults.require(verifies, path, "only with sslmode=verify-full");
        }
        for name in job.credentials.keys().filter(|name| *name != "password") {
            faults.require(false, format!("credentials.{name}"), "unknown; there is `password`");
        }
        faults.into_result()?;
        let place = place.map_err(|rule| settings::invalid("config.url", rule))?;
        Ok(Self {
            host: place.host,
            port: place.port,
            user: place.user,
            database: place.database,
            tls: place.tls,
            schemas: config.schemas,
            include_system: config.include_system,
            allow_superuser: config.allow_superuser,
            ca_certificates: config.ca_certificates,
            password: job.credentials.get("password").cloned(),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    user: String,
    database: String,
    tls: Tls,
}

fn place(text: &str) -> std::result::Result<Place, &'static str> {
    const RULE: &str = "postgres://user@host:port/database";
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL).ok_or(RULE)?;
    if !matches!(url.scheme(), "postgres" | "postgresql") || url.fragment().is_some() {
        return Err(RULE);
    }
    if url.password().is_some() {
        return Err("without a password, which goes to credentials.password");
    }
    let host = url.host_str().filter(|host| is_host(host)).ok_or("one host name or address")?;
    let port = url.port().unwrap_or(5432);
    if port == 0 {
        return Err("a port from 1 to 65535");
    }
    let user = name(url.username()).ok_or("a user")?;
    let database = url.path().strip_prefix('/').and_then(name).ok_or("a database")?;
    let mut tls = if is_this_machine(host) { Tls::Prefer } else { Tls::VerifyFull };
    let mut seen = false;
    for (name, value) in url.query_pairs() {
        if name != "sslmode" || std::mem::replace(&mut seen, true) {
            return Err("no parameter but one sslmode");
        }
        tls = value.parse()?;
    }
    Ok(Place { host: host.to_owned(), port, user, database, tls })
}

/// A host name or an address; no path of a socket and no list.
fn is_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_address = bare.is_some_and(|bare| bare.parse::<std::net::Ipv6Addr>().is_ok());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    is_address || (!host.is_empty() && host.len() <= 253 && host.bytes().all(is_plain))
}

fn name(text: &str) -> Option<String> {
    let name = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    let is_name = (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    is_name.then_some(name)
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || IpAddr::from_str(bare).is_ok_and(|address| address.is_loopback())
}

impl FromStr for Tls {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err("an sslmode of disable, prefer, require or verify-full"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_one_database_on_one_host() {
        let found = place("postgresql://a%40b@db.example.org/my%20db").unwrap();
        assert_eq!(
            found,
            Place {
                host: "db.example.org".to_owned(),
                port: 5432,
                user: "a@b".to_owned(),
                database: "my db".to_owned(),
                tls: Tls::VerifyFull,
            }
        );
        for (url, tls) in [
            ("postgres://u@127.0.0.1:5433/d", Tls::Prefer),
            ("postgres://u@localhost/d", Tls::Prefer),
            ("postgres://u@[::1]/d", Tls::Prefer),
            ("postgres://u@[::1]/d?sslmode=verify-full", Tls::VerifyFull),
            ("postgres://u@10.0.0.1/d", Tls::VerifyFull),
            ("postgres://u@127.evil.org/d", Tls::VerifyFull),
            ("postgres://u@h/d?sslmode=disable", Tls::Disable),
        ] {
            assert_eq!(place(url).unwrap().tls, tls, "{url}");
        }
    }

    #[test]
    fn sockets_lists_services_and_options_are_refused() {
        for url in [
            "postgres://u@%2Fvar%2Frun/d",
            "postgres:///d?host=/var/run/postgresql",
            "postgres://u@/d",
            "postgres://u@h1,h2/d",
            "postgres://u@h1:1,h2:2/d",
            "postgres://u@h/d?host=other",
            "postgres://u@h/d?hostaddr=127.0.0.1",
            "postgres://u@h/d?service=x",
            "postgres://u@h/d?passfile=/etc/passwd",
            "postgres://u@h/d?options=-csearch_path%3Dx",
            "postgres://u@h/d?target_session_attrs=any",
            "postgres://u@h/d?sslmode=disable&sslmode=require",
            "postgres://u@h/d?sslmode=allow",
            "postgres://u@h/d?sslrootcert=/etc/passwd",
            "postgres://u:secret@h/d",
            "postgres://u:@h/d?password=x",
            "postgres://u@h/d?user=x",
            "postgres://h/d",
            "postgres://u@h",
            "postgres://u@h/",
            "postgres://u@h/a%00b",
            "postgres://u@h:0/d",
            "postgres://u@h/d#x",
            "http://u@h/d",
            "host=h user=u",
            "h",
        ] {
            assert!(place(url).is_err(), "{url}: {:?}", place(url));
        }
    }
}
