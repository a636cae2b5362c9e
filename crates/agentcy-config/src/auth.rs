//! Who may come in, and how they prove who they are.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::{
    Scope,
    fault::{Faulty, Objection, object},
    parse,
    reader::Reader,
    setting::Setting,
    strength::{PASSWORD_LENGTH, SECRET_LENGTH, strong},
};

const PROVIDER: Setting = Setting::open(
    "AUTH_PROVIDER",
    Some("local"),
    "local, or oidc to take tokens of an OpenID Connect issuer as well.",
);
const JWT_SECRET: Setting =
    Setting::secret("JWT_SECRET", "Signs sessions: at least 32 random bytes.");
const JWT_SECRET_PREVIOUS: Setting =
    Setting::secret("JWT_SECRET_PREVIOUS", "The secret before this one, while it is replaced.");
const JWT_EXPIRY_SECS: Setting =
    Setting::open("JWT_EXPIRY_SECS", Some("86400"), "How many seconds a token lives.");
const JWKS_URL: Setting =
    Setting::open("JWKS_URL", None, "Where the OpenID Connect issuer publishes its keys.");
const JWT_ISSUER: Setting =
    Setting::open("JWT_ISSUER", None, "The issuer of OpenID Connect tokens, as they name it.");
const JWT_AUDIENCE: Setting =
    Setting::open("JWT_AUDIENCE", Some("agentcy"), "The audience that tokens must name.");
const CLAIM_ORG_ID: Setting = Setting::open(
    "OIDC_CLAIM_ORG_ID",
    Some("https://agentcy.dev/org_id"),
    "The claim that names the org.",
);
const CLAIM_ROLE: Setting = Setting::open(
    "OIDC_CLAIM_ROLE",
    Some("https://agentcy.dev/role"),
    "The claim that names the role.",
);
const REGISTRATION: Setting = Setting::open(
    "AGENTCY_REGISTRATION",
    Some("invite"),
    "Who may register: closed (nobody), invite or open (everybody).",
);
const WORKER_TOKEN: Setting = Setting::secret(
    "WORKER_TOKEN",
    "Remote workers show it: at least 32 characters; unset: no remote workers.",
);
const ADMIN_EMAIL: Setting = Setting::open(
    "AGENTCY_ADMIN_EMAIL",
    Some("admin@localhost"),
    "The first owner; any other needs AGENTCY_ADMIN_PASSWORD.",
);
const ADMIN_PASSWORD: Setting = Setting::secret(
    "AGENTCY_ADMIN_PASSWORD",
    "Password of the first owner: at least 12 characters; unset on a loopback address: admin.",
);

pub(crate) const SETTINGS: &[Setting] = &[
    PROVIDER,
    JWT_SECRET,
    JWT_SECRET_PREVIOUS,
    JWT_EXPIRY_SECS,
    JWKS_URL,
    JWT_ISSUER,
    JWT_AUDIENCE,
    CLAIM_ORG_ID,
    CLAIM_ROLE,
    REGISTRATION,
    WORKER_TOKEN,
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
];

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Nobody.
    Closed,
    /// Whoever holds an invitation.
    Invite,
    /// Everybody, with an org of their own.
    Open,
}

/// An OpenID Connect issuer.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// Where it publishes its keys.
    pub jwks_url: Url,
    /// Its name, as tokens carry it.
    pub issuer: String,
    /// The claim that names the org.
    pub claim_org_id: String,
    /// The claim that names the role.
    pub claim_role: String,
}

/// Who may come in, and how they prove who they are. Local logins always work.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The issuer whose tokens are taken as well.
    pub oidc: Option<Oidc>,
    /// Signs sessions; `None` only on a loopback address, where one is made and kept.
    pub jwt_secret: Option<SecretString>,
    /// The secret before, which still verifies.
    pub jwt_secret_previous: Option<SecretString>,
    /// How long a token lives.
    pub jwt_expiry: Duration,
    /// The audience that tokens must name.
    pub audience: String,
    /// Who may register.
    pub registration: Registration,
    /// What remote workers show; `None` means that there are none.
    pub worker_token: Option<SecretString>,
    /// The first owner.
    pub admin_email: String,
    /// The first owner's password; `None` only on a loopback address.
    pub admin_password: Option<SecretString>,
}

impl Auth {
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        exposed: bool,
        scope: Scope,
    ) -> Result<Self, Faulty> {
        let (listens, founds) = (exposed && scope.listens(), exposed && scope.founds());
        let oidc = oidc_wanted(reader);
        let jwt_secret = strong(reader, &JWT_SECRET, SECRET_LENGTH, exposed, listens);
        let jwt_secret_previous = previous(reader, &jwt_secret, exposed);
        let jwt_expiry = reader.value(&JWT_EXPIRY_SECS, expiry);
        let issuer = issuer(reader, oidc);
        let audience = reader.value(&JWT_AUDIENCE, parse::text);
        let claim_org_id = reader.value(&CLAIM_ORG_ID, parse::text);
        let claim_role = reader.value(&CLAIM_ROLE, parse::text);
        let registration = reader.value(&REGISTRATION, registration);
        let worker_token = strong(reader, &WORKER_TOKEN, SECRET_LENGTH, exposed, false);
        let admin_email = reader.value(&ADMIN_EMAIL, email);
        let admin_password = strong(reader, &ADMIN_PASSWORD, PASSWORD_LENGTH, exposed, founds);
        let admin_email = with_password(reader, admin_email, &admin_password);
        let (claim_org_id, claim_role) = (claim_org_id?, claim_role?);
        let with_claims = |(jwks_url, issuer)| Oidc { jwks_url, issuer, claim_org_id, claim_role };
        Ok(Self {
            oidc: issuer?.map(with_claims),
            jwt_secret: jwt_secret?,
            jwt_secret_previous: jwt_secret_previous?,
            jwt_expiry: jwt_expiry?,
            audience: audience?,
            registration: registration?,
            worker_token: worker_token?,
            admin_email: admin_email?,
            admin_password: admin_password?,
        })
    }
}

fn oidc_wanted(reader: &mut Reader<'_>) -> Result<bool, Faulty> {
    reader.value(&PROVIDER, |text| parse::word(text, &[("local", false), ("oidc", true)]))
}

fn previous(
    reader: &mut Reader<'_>,
    present: &Result<Option<SecretString>, Faulty>,
    exposed: bool,
) -> Result<Option<SecretString>, Faulty> {
    let secret = strong(reader, &JWT_SECRET_PREVIOUS, SECRET_LENGTH, exposed, false)?;
    if secret.is_some() && matches!(present, Ok(None)) {
        let wrong = "is set, but JWT_SECRET is not";
        return Err(reader.fault(JWT_SECRET_PREVIOUS.name, wrong, "set both, or neither"));
    }
    Ok(secret)
}

/// The default password is that of the default owner, whom everybody knows by name.
fn with_password(
    reader: &mut Reader<'_>,
    email: Result<String, Faulty>,
    password: &Result<Option<SecretString>, Faulty>,
) -> Result<String, Faulty> {
    let email = email?;
    if Some(email.as_str()) != ADMIN_EMAIL.default && matches!(password, Ok(None)) {
        let wrong = "is set, but AGENTCY_ADMIN_PASSWORD is not";
        return Err(reader.fault(ADMIN_EMAIL.name, wrong, "set both, or neither"));
    }
    Ok(email)
}

fn issuer(
    reader: &mut Reader<'_>,
    wanted: Result<bool, Faulty>,
) -> Result<Option<(Url, String)>, Faulty> {
    let jwks_url = reader.optional(&JWKS_URL, |text| {
        parse::http_url(text, "https://issuer.example.org/.well-known/jwks.json")
    });
    let issuer = reader.optional(&JWT_ISSUER, parse::text);
    if !wanted? {
        let stray = [
            (&JWKS_URL, matches!(jwks_url, Ok(Some(_)))),
            (&JWT_ISSUER, matches!(issuer, Ok(Some(_)))),
        ];
        for (setting, _) in stray.into_iter().filter(|(_, set)| *set) {
            let mend = format!("set AUTH_PROVIDER=oidc, or unset {}", setting.name);
            reader.fault(setting.name, "is set, but AUTH_PROVIDER is local", mend);
        }
        return Ok(None);
    }
    let missing =
        [(&JWKS_URL, matches!(jwks_url, Ok(None))), (&JWT_ISSUER, matches!(issuer, Ok(None)))];
    for (setting, _) in missing.into_iter().filter(|(_, missing)| *missing) {
        let mend = format!("set {}, or AUTH_PROVIDER=local", setting.name);
        reader.fault(setting.name, "is not set, but AUTH_PROVIDER is oidc", mend);
    }
    match (jwks_url?, issuer?) {
        (Some(jwks_url), Some(issuer)) => Ok(Some((jwks_url, issuer))),
        _ => Err(Faulty),
    }
}

fn expiry(text: &str) -> Result<Duration, Objection> {
    match text.parse() {
        // A session ends after 30 days whatever its tokens say.
        Ok(secs @ 60..=2_592_000) => Ok(Duration::from_secs(secs)),
        _ => object("is not a number of seconds from 60 to 2592000", "set it to 86400 for a day"),
    }
}

fn registration(text: &str) -> Result<Registration, Objection> {
    let words = [
        ("closed", Registration::Closed),
        ("invite", Registration::Invite),
        ("open", Registration::Open),
    ];
    parse::word(text, &words)
}

fn email(text: &str) -> Result<String, Objection> {
    match text.split_once('@') {
        Some((local, host)) if !local.is_empty() && !host.is_empty() && !host.contains('@') => {
            Ok(text.to_owned())
        }
        _ => object("is not an e-mail address", "write it like owner@example.org"),
    }
}
