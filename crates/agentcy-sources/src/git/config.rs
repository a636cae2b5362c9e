//! What somebody says of a repository: where it is, and how much of it.

use std::net::IpAddr;

use agentcy_egress::Egress;
use schemars::{Schema, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Host, Url};

use crate::{
    Credentials, Job, Result,
    settings::{self, Faults, invalid},
};

/// How many commits a sync looks at, the newest first, unless the config says otherwise.
const COMMITS: usize = 50_000;
/// The most that a config may ask for.
const MAX_COMMITS: usize = 200_000;
const MAX_TEXT: usize = 4096;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    path: Option<String>,
    url: Option<String>,
    branch: Option<String>,
    max_commits: Option<usize>,
}

/// Where a repository is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// On this machine, beneath a folder that sources may read.
    Path(String),
    /// Somewhere that speaks git over HTTP.
    Url(Url),
}

/// A checked config with its credentials.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) place: Place,
    pub(super) branch: Option<String>,
    pub(super) max_commits: usize,
    pub(super) login: Option<Login>,
}

/// What is sent as HTTP Basic to the origin of the URL, and nowhere else.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: SecretString,
    pub(super) password: SecretString,
}

pub(super) fn schema() -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "path": {
                "type": "string", "minLength": 1, "maxLength": MAX_TEXT, "title": "Path",
                "description": "A repository beneath a folder that sources may read; bare, or with a working tree. Either this or url.",
                "examples": ["projects/shop"],
            },
            "url": {
                "type": "string", "format": "uri", "maxLength": MAX_TEXT, "title": "URL",
                "description": "A repository to clone over https, without credentials in it. Either this or path.",
                "examples": ["https://github.com/owner/repository.git"],
            },
            "branch": {
                "type": "string", "minLength": 1, "maxLength": 255, "title": "Branch",
                "description": "Only this branch and the tags on it; else every branch and tag.",
                "examples": ["main"],
            },
            "max_commits": {
                "type": "integer", "minimum": 1, "maximum": MAX_COMMITS, "default": COMMITS, "title": "Commits",
                "description": "How many commits are read, the newest first.",
            },
        },
        "oneOf": [{ "required": ["path"] }, { "required": ["url"] }],
    })
}

pub(super) fn credential_schema() -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "username": { "type": "string", "title": "User", "description": "Who clones; not needed with most tokens." },
            "password": { "type": "string", "title": "Password", "description": "The user's password. Either this or token." },
            "token": { "type": "string", "title": "Token", "description": "An access token that may read the repository." },
        },
        "not": { "required": ["password", "token"] },
    })
}

/// Reads and checks the settings of a job; nothing is reached.
pub(super) fn read(job: &Job<'_>) -> Result<Config> {
    let raw: Raw = settings::read("config", job.config)?;
    let mut faults = Faults::default();
    let one = raw.path.is_some() != raw.url.is_some();
    faults.require(one, "config", "give either path or url");
    if let Some(branch) = &raw.branch {
        let name = format!("refs/heads/{branch}");
        let valid =
            branch.len() <= 255 && gix::validate::reference::name(name.as_str().into()).is_ok();
        faults.require(valid, "config.branch", "must be the name of a branch");
    }
    let max_commits = raw.max_commits.unwrap_or(COMMITS);
    let fits = (1..=MAX_COMMITS).contains(&max_commits);
    faults.require(fits, "config.max_commits", "must be from 1 to 200000");
    let path_fits = raw.path.as_ref().is_none_or(|path| is_path(path));
    faults.require(path_fits, "config.path", "must be a path of 1 to 4096 bytes");
    faults.into_result()?;
    let login = login(job.credentials)?;
    let place = match (raw.path, raw.url) {
        (Some(path), _) if login.is_none() => Place::Path(path),
        (Some(_), _) => return Err(invalid("credentials", "a path takes none")),
        (None, url) => Place::Url(repository_url(&url.unwrap_or_default(), job.egress)?),
    };
    Ok(Config { place, branch: raw.branch, max_commits, login })
}

fn is_path(path: &str) -> bool {
    !path.is_empty() && path.len() <= MAX_TEXT && !path.contains('\0')
}

/// https, or http to an address that is not public and that the operator opened: credentials and
/// code never cross a foreign network in the clear.
fn repository_url(text: &str, egress: &Egress) -> Result<Url> {
    let wrong = |message: &str| invalid("config.url", message);
    if text.len() > MAX_TEXT {
        return Err(wrong("must be at most 4096 bytes"));
    }
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must hold no user and no password: they belong into the credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must have neither a query nor a fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_opened(&url, egress) => Ok(url),
        "http" => Err(wrong("must be https; http is only for private addresses that are allowed")),
        _ => Err(wrong("must be https")),
    }
}

fn is_opened(url: &Url, egress: &Egress) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        _ => return false,
    };
    Egress::new(Vec::new()).judge(address).is_err() && egress.judge(address).is_ok()
}

fn login(credentials: &Credentials) -> Result<Option<Login>> {
    const KNOWN: [&str; 3] = ["username", "password", "token"];
    let mut faults = Faults::default();
    for name in credentials.keys() {
        let known = KNOWN.contains(&name.as_str());
        faults.require(known, format!("credentials.{name}"), "there is no such credential");
    }
    let get = |name: &str| credentials.get(name).filter(|text| !text.expose_secret().is_empty());
    let (user, password, token) = (get("username"), get("password"), get("token"));
    let both = password.is_some() && token.is_some();
    faults.require(!both, "credentials.token", "give either a password or a token");
    let named = password.is_none() || user.is_some();
    faults.require(named, "credentials.username", "a password needs its user");
    let secret = user.is_none() || password.is_some() || token.is_some();
    faults.require(secret, "credentials.password", "a user needs a password or a token");
    faults.into_result()?;
    let Some(password) = password.or(token) else { return Ok(None) };
    // Hosts that take a token look at the password alone; some want a user that is not empty.
    let user = user.cloned().unwrap_or_else(|| SecretString::from("git"));
    Ok(Some(Login { user, password: password.clone() }))
}
