//! Sessions: begun by a password, renewed, ended.

use agentcy_core::{
    Action, Caller, Credential, ErrorCode, Role, Timestamp,
    id::{OrgId, SessionId, UserId},
};
use agentcy_store::{
    OnConstraint, SystemTx, audit, sessions as own_sessions,
    system::{
        login::{self as people, Account, Place},
        sessions::{self, NewSession},
    },
};
use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::json;

use super::{
    Presented, authenticate,
    authenticate::Shown,
    email,
    log::{Line, Origin},
    password::Verdict,
    standing::is_on,
    throttle,
    token::{Claims, Subject},
};
use crate::{Error, Platform, Result, setup::QueryTokens};

/// How long a session lives however often it is renewed.
const LIFE: TimeDelta = TimeDelta::days(30);

/// Where the token of a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// With the client, which sends it in a header.
    Bearer,
    /// In an HttpOnly cookie.
    Cookie,
}

/// What somebody signs in with.
#[derive(Debug)]
pub struct Login {
    /// Their e-mail.
    pub email: String,
    /// Their password.
    pub password: SecretString,
    /// Where the token shall live.
    pub kind: Kind,
    /// The org to act in; without it the one joined first.
    pub org_id: Option<OrgId>,
}

/// Who signed in, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub id: UserId,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role in the org.
    pub role: Role,
    /// The org they act in.
    pub org_id: OrgId,
}

/// A session with the token that opens it.
#[derive(Debug)]
pub struct Session {
    /// The token.
    pub token: SecretString,
    /// When the token runs out.
    pub expires_at: Timestamp,
    /// Where it lives.
    pub kind: Kind,
    /// Whose it is.
    pub user: SignedIn,
}

/// Signs somebody in by e-mail and password.
///
/// Errors: `invalid_credentials`, the same and after the same work for an unknown account, a wrong password and a
/// person shut out; `rate_limited`.
pub async fn login(platform: &Platform, login: Login, from: &Origin) -> Result<Session> {
    throttle::address(platform, from.ip).await?;
    let found = find(platform, &login).await?;
    // By the address as it is kept: whatever else PostgreSQL takes for the same one shares its count.
    let typed = login.email.trim();
    let address = found.account.as_ref().map_or(typed, |account| account.email.as_str());
    throttle::account(platform, address).await?;
    let hash = found.account.as_ref().and_then(|account| account.password_hash.as_deref());
    let verdict = platform.auth.passwords.verify(&login.password, hash).await?;
    match found {
        Found { account: Some(account), place: Some(place), .. } if verdict != Verdict::Wrong => {
            let hash = current_hash(platform, &account, &login.password, verdict).await;
            let mut tx = platform.db.system(&platform.system).await?;
            // Otherwise a session could outlive the change of the password that began it.
            if !people::hold_password(&mut tx, account.id, &hash).await? {
                return Err(wrong());
            }
            let session = begin(platform, &mut tx, &account, &place, login.kind, from).await?;
            tx.commit().await?;
            Ok(session)
        }
        found => Err(refuse(platform, &found, verdict, from).await?),
    }
}

/// What an e-mail leads to.
struct Found {
    account: Option<Account>,
    /// The org to sign in to, if the person may.
    place: Option<Place>,
    /// The org that a refusal is told to.
    home: Option<OrgId>,
}

async fn find(platform: &Platform, login: &Login) -> Result<Found> {
    let mut tx = platform.db.system(&platform.system).await?;
    // The same statements for whatever was typed, so that no time tells who is known.
    let address = email::read(&login.email).unwrap_or_default();
    let account = people::find_by_email(&mut tx, &address).await?;
    let id = account.as_ref().map_or_else(|| uuid::Uuid::nil().into(), |account| account.id);
    let places = people::places(&mut tx, id).await?;
    tx.commit().await?;
    let wanted = |place: &Place| login.org_id.is_none_or(|org| org == place.org_id);
    let home = places.first().map(|place| place.org_id);
    let place = places.into_iter().find(|place| !place.disabled && wanted(place));
    Ok(Found { account, place, home })
}

async fn refuse(
    platform: &Platform,
    found: &Found,
    verdict: Verdict,
    from: &Origin,
) -> Result<Error> {
    throttle::failed(platform, from.ip).await?;
    let reason = match (&found.account, verdict) {
        (None, _) => "unknown account",
        (Some(_), Verdict::Wrong) => "wrong password",
        (Some(_), _) => "no active membership",
    };
    // What was typed as an e-mail may be a password, so only a known account is named.
    let target = found.account.as_ref().map(|account| account.id.to_string()).unwrap_or_default();
    let line = Line::refused("session.create", &target, reason).at(found.home).from(from);
    let mut tx = platform.db.system(&platform.system).await?;
    audit::record_system(&mut tx, &line.entry(platform)).await?;
    tx.commit().await?;
    Ok(wrong())
}

fn wrong() -> Error {
    Error::refused(ErrorCode::InvalidCredentials, "the e-mail or the password is wrong")
}

/// The hash that is kept for a right password, made anew when its cost is not the present one.
async fn current_hash(
    platform: &Platform,
    account: &Account,
    password: &SecretString,
    verdict: Verdict,
) -> String {
    let old = account.password_hash.clone().unwrap_or_default();
    if verdict != Verdict::RightButStale {
        return old;
    }
    match rehash(platform, account.id, &old, password).await {
        Ok(hash) => hash,
        // Whoever knows the password gets in; the hash is made anew another time.
        Err(error) => {
            tracing::warn!(%error, "a password hash of another cost was not made anew");
            old
        }
    }
}

async fn rehash(
    platform: &Platform,
    user: UserId,
    old: &str,
    password: &SecretString,
) -> Result<String> {
    let hash = platform.auth.passwords.hash(password).await?;
    let mut tx = platform.db.system(&platform.system).await?;
    let done = people::set_password(&mut tx, user, old, &hash, platform.clock.now()).await?;
    tx.commit().await?;
    Ok(if done { hash } else { old.to_owned() })
}

/// Begins a session within a transaction, and audits it.
pub(super) async fn begin(
    platform: &Platform,
    tx: &mut SystemTx,
    account: &Account,
    place: &Place,
    kind: Kind,
    from: &Origin,
) -> Result<Session> {
    let now = platform.clock.now();
    let new = NewSession {
        id: platform.ids.next(),
        org_id: place.org_id,
        user_id: account.id,
        cookie: kind == Kind::Cookie,
        created_at: now,
        expires_at: now + LIFE,
    };
    // The membership may have ended while the password was checked.
    sessions::insert(tx, &new).await.on_constraint(sessions::MEMBER_KEY, wrong)?;
    let line =
        Line::of("session.create", &account.id).to(&new.id).at(Some(place.org_id)).from(from);
    audit::record_system(tx, &line.entry(platform)).await?;
    let subject = Subject { user: account.id, org: place.org_id, session: new.id, generation: 1 };
    issue(platform, subject, new.expires_at, kind, account, place.role)
}

fn issue(
    platform: &Platform,
    subject: Subject,
    session_end: Timestamp,
    kind: Kind,
    account: &Account,
    role: Role,
) -> Result<Session> {
    let now = platform.clock.now();
    let life = TimeDelta::from_std(platform.setup.auth.jwt_expiry).unwrap_or(LIFE);
    let end = (now + life.min(LIFE)).min(session_end);
    let user = SignedIn {
        id: account.id,
        email: account.email.clone(),
        name: account.name.clone(),
        role,
        org_id: subject.org,
    };
    let token = platform.auth.tokens.sign(subject, now, end)?;
    // The token counts in seconds.
    let expires_at = chrono::DateTime::from_timestamp(end.timestamp(), 0).unwrap_or(end);
    Ok(Session { token, expires_at, kind, user })
}

/// Trades a token for a newer one; the old one is good for nothing from then on.
///
/// Errors: `unauthenticated`; an old token that comes back to be traded again ends the session.
pub async fn refresh(platform: &Platform, presented: &Presented<'_>) -> Result<Session> {
    let claims = claims_of(platform, presented);
    if let Some(claims) = &claims {
        end_if_reused(platform, claims, presented).await?;
    }
    let caller = authenticate(platform, presented).await?;
    let by = platform.permit(&caller, Action::SessionRefresh).await?;
    let message = "only a token of a session here can be traded; the issuer renews its own";
    platform.permit_on(&by, caller.credential.session().is_some(), message).await?;
    let Some(claims) = claims else { return Err(Error::unauthenticated()) };
    let now = platform.clock.now();
    let mut tx = platform.db.system(&platform.system).await?;
    if !sessions::rotate(&mut tx, claims.sid, claims.generation, now).await? {
        // Two traded the same token at the same moment, and one of them stole it.
        drop(tx);
        end_if_reused(platform, &claims, presented).await?;
        return Err(Error::unauthenticated());
    }
    let session = sessions::find(&mut tx, claims.sid).await?.ok_or_else(Error::unauthenticated)?;
    let account = people::find(&mut tx, claims.sub).await?.ok_or_else(Error::unauthenticated)?;
    let entry = platform.done(&by, claims.sid, json!({ "generation": session.generation }));
    audit::record_system(&mut tx, &entry).await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    let kind = match caller.credential {
        Credential::Cookie(_) => Kind::Cookie,
        _ => Kind::Bearer,
    };
    let subject = Subject {
        user: claims.sub,
        org: session.org_id,
        session: claims.sid,
        generation: session.generation,
    };
    issue(platform, subject, session.expires_at, kind, &account, session.role)
}

fn claims_of(platform: &Platform, presented: &Presented<'_>) -> Option<Claims> {
    match presented.shown(QueryTokens::Tickets)? {
        Shown::Bearer(text) | Shown::Cookie(text) => {
            platform.auth.tokens.check(text, platform.clock.now())
        }
        Shown::Ticket(_) => None,
    }
}

/// Ends the session when its token is of an old generation: somebody else holds a newer one.
async fn end_if_reused(
    platform: &Platform,
    claims: &Claims,
    presented: &Presented<'_>,
) -> Result<()> {
    let now = platform.clock.now();
    let mut tx = platform.db.system(&platform.system).await?;
    let Some(session) = sessions::find(&mut tx, claims.sid).await? else { return Ok(()) };
    if !is_on(&session, now) || claims.generation >= session.generation {
        return Ok(tx.commit().await?);
    }
    sessions::revoke(&mut tx, claims.sid, now).await?;
    let from = Origin { ip: presented.ip, request_id: presented.request_id.to_owned() };
    let line = Line::refused(
        "session.refresh",
        &claims.sid,
        "an old token came back; the session is ended",
    );
    audit::record_system(&mut tx, &line.at(Some(session.org_id)).from(&from).entry(platform))
        .await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    Err(Error::unauthenticated())
}

/// Ends the caller's session, at once here and within a second elsewhere.
pub async fn logout(platform: &Platform, caller: &Caller) -> Result<()> {
    let by = platform.permit(caller, Action::SessionEnd).await?;
    let session: Option<SessionId> = caller.credential.session();
    let message = "only a session here can be ended here";
    platform.permit_on(&by, session.is_some(), message).await?;
    let Some(session) = session else { return Err(Error::unauthenticated()) };
    let mut tx = platform.db.begin(&by).await?;
    own_sessions::end(&mut tx, session, platform.clock.now()).await?;
    audit::record(&mut tx, &platform.done(&by, session, json!({}))).await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    Ok(())
}
