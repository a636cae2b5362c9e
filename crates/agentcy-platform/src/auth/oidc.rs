//! Tokens of the configured OpenID Connect issuer, and the people behind them.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use agentcy_egress::Egress;
use agentcy_store::{
    OnConstraint, SystemTx, audit,
    system::{
        founding::{self, NewUser, WayIn},
        issuers,
        login::{self, Account, Place},
    },
};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    email,
    jwks::{IssuerKey, Jwks},
    log::Line,
    standing::{Proof, Standing},
    token::{LEEWAY, header_of, unclocked},
};
use crate::{Error, Platform, Result, setup::OidcSetup};

/// The most that a claim may hold of what we keep, in bytes.
const MAX_CLAIM: usize = 255;

/// The issuer, and its keys.
pub(crate) struct Oidc {
    setup: OidcSetup,
    jwks: Jwks,
}

/// The header of an issuer's token. Those that bring their own key, or change how it is read, are refused.
#[derive(Deserialize)]
struct IssuerHeader {
    kid: Option<String>,
    crit: Option<Value>,
    jku: Option<Value>,
    jwk: Option<Value>,
    x5u: Option<Value>,
    x5c: Option<Value>,
    b64: Option<Value>,
    zip: Option<Value>,
    enc: Option<Value>,
}

impl IssuerHeader {
    const fn is_plain(&self) -> bool {
        self.crit.is_none()
            && self.jku.is_none()
            && self.jwk.is_none()
            && self.x5u.is_none()
            && self.x5c.is_none()
            && self.b64.is_none()
            && self.zip.is_none()
            && self.enc.is_none()
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    email: Option<String>,
    name: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Whom a checked token speaks of.
struct Identity {
    subject: String,
    email: Option<String>,
    name: Option<String>,
    org: Option<OrgId>,
    role: Option<Role>,
    expires_at: Timestamp,
}

impl Oidc {
    pub(crate) const fn new(setup: OidcSetup, jwks: Jwks) -> Self {
        Self { setup, jwks }
    }

    /// What `iss` must say.
    pub(crate) fn issuer(&self) -> &str {
        &self.setup.issuer
    }

    async fn identity(&self, token: &str, now: Timestamp) -> Result<Identity> {
        let header: IssuerHeader = header_of(token).ok_or_else(Error::unauthenticated)?;
        let kid = header.kid.as_deref();
        if !header.is_plain() || kid.is_some_and(|kid| kid.len() > MAX_CLAIM) {
            return Err(Error::unauthenticated());
        }
        let key = self.jwks.key(kid).await?.ok_or_else(Error::unauthenticated)?;
        let claims = self.check(token, &key, now).ok_or_else(Error::unauthenticated)?;
        self.read(claims).ok_or_else(Error::unauthenticated)
    }

    fn check(&self, token: &str, key: &IssuerKey, now: Timestamp) -> Option<Claims> {
        let mut validation = unclocked(key.algorithm);
        validation.set_issuer(&[&self.setup.issuer]);
        validation.set_audience(&[&self.setup.audience]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation).ok()?.claims;
        let now = now.timestamp();
        let is_now =
            claims.exp > now - LEEWAY && claims.nbf.is_none_or(|from| from <= now + LEEWAY);
        is_now.then_some(claims)
    }

    fn read(&self, claims: Claims) -> Option<Identity> {
        if claims.sub.is_empty() || claims.sub.len() > MAX_CLAIM || claims.sub.contains('\0') {
            return None;
        }
        let claim = |name: &str| claims.others.get(name).and_then(Value::as_str);
        Some(Identity {
            org: claim(&self.setup.org_claim).and_then(|org| org.parse().ok()),
            // An issuer makes nobody an owner.
            role: claim(&self.setup.role_claim)
                .and_then(|role| role.parse::<Role>().ok())
                .map(|role| role.min(Role::Admin)),
            email: claims.email.as_deref().and_then(email::read),
            name: claims.name.as_deref().and_then(shown_name),
            expires_at: DateTime::from_timestamp(claims.exp, 0)?,
            subject: claims.sub,
        })
    }
}

fn shown_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Who stands behind a token of the issuer, in which org and as what. A newcomer is made here.
pub(crate) async fn standing(platform: &Platform, oidc: &Oidc, token: &str) -> Result<Standing> {
    let identity = oidc.identity(token, platform.clock.now()).await?;
    match settle(platform, oidc.issuer(), &identity).await {
        // Somebody made the same newcomer at the same moment; now they are there.
        Err(Collision::Newcomer) => settle(platform, oidc.issuer(), &identity).await,
        settled => settled,
    }
    .map_err(|error| match error {
        Collision::Newcomer => Error::unauthenticated(),
        Collision::Other(error) => error,
    })
}

/// How settling who somebody is may end early.
enum Collision {
    /// Two requests made the same person.
    Newcomer,
    /// Anything else.
    Other(Error),
}

impl<E: Into<Error>> From<E> for Collision {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

async fn settle(
    platform: &Platform,
    issuer: &str,
    identity: &Identity,
) -> Result<Standing, Collision> {
    let mut tx = platform.db.system(&platform.system).await?;
    let (account, is_new) = match issuers::find(&mut tx, issuer, &identity.subject).await? {
        Some(account) => (account, false),
        None => (newcomer(platform, &mut tx, issuer, identity).await?, true),
    };
    // A person is kept even where no org takes them: whatever they were stays theirs for when one does again.
    let place = match identity.org {
        Some(org) if issuers::is_trusted(&mut tx, org, issuer).await? => {
            Some(member_of(platform, &mut tx, org, account.id, identity).await?)
        }
        // What is meant for one org happens in no other.
        Some(_) => None,
        None => {
            let places = login::places(&mut tx, account.id).await?;
            places.into_iter().find(|place| !place.disabled && names(place, issuer))
        }
    };
    let place = match place {
        Some(place) => Some(claimed_role(platform, &mut tx, place, &account, identity).await?),
        None => None,
    };
    if is_new {
        let org = place.as_ref().map(|place| place.org_id);
        let line =
            Line::of("user.provision", &account.id).at(org).with(json!({ "issuer": issuer }));
        audit::record_system(&mut tx, &line.entry(platform)).await?;
    }
    tx.commit().await?;
    let place = place.ok_or_else(|| {
        Error::insufficient_role(
            "the token is good, but no org here takes you in: its org claim must name an org whose \
             settings name this issuer",
        )
    })?;
    admitted(&account, place, Some(identity.expires_at)).map_err(Collision::from)
}

fn admitted(account: &Account, place: Place, expires_at: Option<Timestamp>) -> Result<Standing> {
    if place.disabled {
        return Err(Error::insufficient_role("your membership of this org is disabled"));
    }
    Ok(Standing::person(account.id, account.platform_admin, place, Proof::Oidc, expires_at))
}

async fn newcomer(
    platform: &Platform,
    tx: &mut SystemTx,
    issuer: &str,
    identity: &Identity,
) -> Result<Account, Collision> {
    let Some(email) = identity.email.clone() else {
        let message = "the token has no usable e-mail claim, which the first sign-in needs";
        return Err(Error::insufficient_role(message).into());
    };
    let way_in = WayIn::Issuer { issuer: issuer.to_owned(), subject: identity.subject.clone() };
    let name = identity.name.clone().unwrap_or_else(|| email.chars().take(100).collect());
    let new = NewUser {
        id: platform.ids.next(),
        email,
        name,
        way_in,
        platform_admin: false,
        at: platform.clock.now(),
    };
    founding::insert_user(tx, &new)
        .await
        .on_constraint("user_subject_key", || Collision::Newcomer)?;
    Ok(Account {
        id: new.id,
        email: new.email,
        name: new.name,
        password_hash: None,
        platform_admin: false,
    })
}

/// The place in the org that the token names; made where there is none.
async fn member_of(
    platform: &Platform,
    tx: &mut SystemTx,
    org: OrgId,
    user: UserId,
    identity: &Identity,
) -> Result<Place> {
    if let Some(place) = login::place(tx, org, user).await? {
        return Ok(place);
    }
    let role = identity.role.unwrap_or(Role::Member);
    if founding::insert_membership(tx, org, user, role, &Realms::All, platform.clock.now()).await? {
        let line =
            Line::of("user.join", &user).at(Some(org)).with(json!({ "role": role, "by": "oidc" }));
        audit::record_system(tx, &line.entry(platform)).await?;
    }
    let place = login::place(tx, org, user).await?;
    place.ok_or_else(|| Error::Internal("a membership that was just made is gone".into(), None))
}

/// Follows the role claim. An owner stays one.
async fn claimed_role(
    platform: &Platform,
    tx: &mut SystemTx,
    mut place: Place,
    account: &Account,
    identity: &Identity,
) -> Result<Place> {
    let Some(role) = identity.role else { return Ok(place) };
    if place.role == role || place.role == Role::Owner {
        return Ok(place);
    }
    let now = platform.clock.now();
    if issuers::set_role(tx, place.org_id, account.id, role, now).await? {
        let details = json!({ "from": place.role, "to": role, "by": "oidc" });
        let line = Line::of("user.update", &account.id).at(Some(place.org_id)).with(details);
        audit::record_system(tx, &line.entry(platform)).await?;
        place.role = role;
    }
    Ok(place)
}

/// What a person of the issuer is by now, without a token: for a ticket that one of them made.
pub(crate) async fn member(
    platform: &Platform,
    org: OrgId,
    user: UserId,
    expires_at: Option<Timestamp>,
) -> Result<Standing> {
    if expires_at.is_some_and(|end| end <= platform.clock.now()) {
        return Err(Error::unauthenticated());
    }
    let mut tx = platform.db.system(&platform.system).await?;
    let account = login::find(&mut tx, user).await?.ok_or_else(Error::unauthenticated)?;
    let place = login::place(&mut tx, org, user).await?.ok_or_else(Error::unauthenticated)?;
    tx.commit().await?;
    if !is_of_its_issuer(platform, &place) {
        return Err(Error::unauthenticated());
    }
    admitted(&account, place, expires_at)
}

/// Whether a person of the issuer is anything in this org by now: only while its settings name the issuer.
pub(crate) fn is_of_its_issuer(platform: &Platform, place: &Place) -> bool {
    platform.auth.oidc.as_ref().is_some_and(|oidc| names(place, oidc.issuer()))
}

fn names(place: &Place, issuer: &str) -> bool {
    place.oidc_issuer.as_deref() == Some(issuer)
}

/// The issuer as the environment names it.
pub(crate) fn configured(
    setup: Option<&OidcSetup>,
    egress: &Egress,
    clock: &std::sync::Arc<dyn agentcy_core::Clock>,
) -> Option<Oidc> {
    let setup = setup?;
    let jwks = Jwks::new(setup.jwks_url.clone(), egress.clone(), std::sync::Arc::clone(clock));
    Some(Oidc::new(setup.clone(), jwks))
}
