//! From what a request shows to who calls.

use std::{net::IpAddr, time::Duration};

use agentcy_core::{Caller, Credential};
use secrecy::ExposeSecret;
use tokio::time::sleep;

use super::{
    anchor::{Anchor, Visitor},
    key_format, oidc,
    secret::{digest, same},
    standing::{self, Proof, Standing},
    ticket,
    token::{self, MAX_BYTES},
};
use crate::{Error, Platform, Result, setup::QueryTokens};

/// How long a look that nobody waits for keeps out of the way of the request that set it off.
const ASIDE: Duration = Duration::from_millis(50);

/// What a request shows. Nothing of it is believed yet.
#[derive(Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The value of `Authorization`, with its scheme.
    pub authorization: Option<&'a str>,
    /// The value of `X-Api-Key`.
    pub api_key: Option<&'a str>,
    /// The token in the cookie of the UI.
    pub cookie: Option<&'a str>,
    /// The value of `?token=`.
    pub query: Option<&'a str>,
    /// The path of the request, as a ticket names it.
    pub path: &'a str,
    /// The request.
    pub request_id: &'a str,
    /// Where it came from.
    pub ip: Option<IpAddr>,
}

// Shows no credential.
impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The one credential that counts, and where it stood.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// In a header, or as a bearer token in the query.
    Bearer(&'a str),
    Cookie(&'a str),
    Ticket(&'a str),
}

impl<'a> Presented<'a> {
    /// Header before cookie before query. Headers that contradict each other, or say nothing, are refused.
    pub(crate) fn shown(&self, queries: QueryTokens) -> Option<Shown<'a>> {
        let bearer = match self.authorization {
            Some(value) => Some(bearer(value)?),
            None => None,
        };
        match (bearer, self.api_key.map(str::trim)) {
            (Some(bearer), Some(key)) if bearer != key => None,
            (_, Some(key)) => key.starts_with(key_format::PREFIX).then_some(Shown::Bearer(key)),
            (Some(bearer), None) => Some(Shown::Bearer(bearer)),
            (None, None) => self.beside_headers(queries),
        }
    }

    fn beside_headers(&self, queries: QueryTokens) -> Option<Shown<'a>> {
        match (self.cookie, self.query) {
            (Some(cookie), _) => Some(Shown::Cookie(cookie)),
            (None, Some(text)) if text.starts_with(ticket::PREFIX) => Some(Shown::Ticket(text)),
            (None, Some(text)) if queries == QueryTokens::Any => Some(Shown::Bearer(text)),
            (None, _) => None,
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who calls. Errors: `unauthenticated` for whatever is missing, unknown, expired, revoked or contradictory;
/// `insufficient_role` for somebody of the issuer who is a member of no org.
pub async fn authenticate(platform: &Platform, presented: &Presented<'_>) -> Result<Caller> {
    Ok(arrive(platform, presented).await?.caller)
}

/// The same, with what it rests on: for somebody who stays.
pub async fn arrive(platform: &Platform, presented: &Presented<'_>) -> Result<Visitor> {
    let shown = presented.shown(platform.setup.auth.query_tokens);
    let shown = shown.ok_or_else(Error::unauthenticated)?;
    let standing = match shown {
        Shown::Ticket(text) => ticket::redeem(platform, text, presented).await?,
        Shown::Bearer(text) | Shown::Cookie(text) => {
            let look = look_up(platform, shown, presented.ip);
            let now = platform.clock.now();
            if text.len() > MAX_BYTES {
                return Err(Error::unauthenticated());
            }
            let found = platform.auth.standings.get(digest(text), now, look).await?;
            if found.is_due(now) {
                renew(platform, shown, presented.ip);
            }
            found.standing.clone()
        }
    };
    // Judged for each request: the same key may be shown from two places at once.
    if !standing.allows(presented.ip) {
        return Err(Error::unauthenticated());
    }
    let secret = match shown {
        Shown::Ticket(_) => None,
        Shown::Bearer(text) | Shown::Cookie(text) => key_format::parse(text).map(|(_, it)| it),
    };
    let anchor = Anchor::of(&standing, secret);
    Ok(Visitor { caller: caller(standing, shown, presented), anchor })
}

/// Looks somebody up anew who goes on asking, beside the request.
fn renew(platform: &Platform, shown: Shown<'_>, ip: Option<IpAddr>) {
    let (Shown::Bearer(text) | Shown::Cookie(text) | Shown::Ticket(text)) = shown;
    let (platform, text) = (platform.clone(), text.to_owned());
    #[expect(clippy::disallowed_methods, reason = "nothing waits for this look")]
    tokio::spawn(async move {
        sleep(ASIDE).await;
        // Its age counts from before it.
        let now = platform.clock.now();
        let look = look_up(&platform, Shown::Bearer(&text), ip);
        platform.auth.standings.renew(digest(&text), now, look).await;
    });
}

async fn look_up(platform: &Platform, shown: Shown<'_>, ip: Option<IpAddr>) -> Result<Standing> {
    let (Shown::Bearer(text) | Shown::Cookie(text) | Shown::Ticket(text)) = shown;
    if let Some((id, shown)) = key_format::parse(text) {
        return standing::of_key(platform, id, Some(&shown), ip).await;
    }
    let issuer = token::issuer_of(text).ok_or_else(Error::unauthenticated)?;
    match &platform.auth.oidc {
        _ if issuer == token::ISSUER => of_token(platform, text).await,
        Some(oidc) if issuer == oidc.issuer() => oidc::standing(platform, oidc, text).await,
        _ => Err(Error::unauthenticated()),
    }
}

async fn of_token(platform: &Platform, text: &str) -> Result<Standing> {
    let claims = platform.auth.tokens.check(text, platform.clock.now());
    let claims = claims.ok_or_else(Error::unauthenticated)?;
    let end = chrono::DateTime::from_timestamp(claims.exp, 0);
    standing::of_session(platform, claims.sid, Some(claims.generation), end).await
}

fn caller(standing: Standing, shown: Shown<'_>, presented: &Presented<'_>) -> Caller {
    let credential = match (shown, standing.proof) {
        (Shown::Ticket(_), _) => Credential::Ticket,
        (Shown::Cookie(_), Proof::Session(id)) => Credential::Cookie(id),
        (_, Proof::Session(id)) => Credential::Session(id),
        (_, Proof::Key) => Credential::ApiKey,
        (_, Proof::Oidc) => Credential::Oidc,
    };
    Caller {
        org_id: standing.org_id,
        principal: standing.principal,
        role: standing.role,
        realms: standing.realms,
        credential,
        expires_at: standing.expires_at,
        can_approve: standing.can_approve,
        platform_admin: standing.platform_admin,
        request_id: presented.request_id.to_owned(),
        ip: presented.ip,
        causes: Vec::new(),
    }
}

/// Whether this is what remote workers show. Takes as long whatever is wrong with it.
pub fn authenticate_worker(platform: &Platform, authorization: Option<&str>) -> Result<()> {
    let shown = authorization.and_then(bearer).unwrap_or_default();
    let expected = platform.setup.auth.worker_token.as_ref();
    let fits = expected.is_some_and(|token| same(&digest(token.expose_secret()), &digest(shown)));
    if fits { Ok(()) } else { Err(Error::unauthenticated()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(presented: &Presented<'_>) -> String {
        match presented.shown(QueryTokens::Any) {
            Some(Shown::Bearer(text)) => format!("bearer {text}"),
            Some(Shown::Cookie(text)) => format!("cookie {text}"),
            Some(Shown::Ticket(text)) => format!("ticket {text}"),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_header_counts_before_a_cookie_and_a_cookie_before_the_query() {
        let all = Presented {
            authorization: Some("Bearer h"),
            cookie: Some("c"),
            query: Some("q"),
            ..Presented::default()
        };
        assert_eq!(shown(&all), "bearer h");
        assert_eq!(shown(&Presented { authorization: None, ..all }), "cookie c");
        assert_eq!(shown(&Presented { authorization: None, cookie: None, ..all }), "bearer q");
    }

    #[test]
    fn two_headers_must_say_the_same() {
        let both = |bearer, key| {
            shown(&Presented { authorization: bearer, api_key: key, ..Presented::default() })
        };
        assert_eq!(both(Some("bearer ak_live_a"), Some("ak_live_a")), "bearer ak_live_a");
        assert_eq!(both(Some("Bearer ak_live_a"), Some("ak_live_b")), "nothing");
        assert_eq!(both(None, Some("ak_live_a")), "bearer ak_live_a");
        assert_eq!(both(None, Some("some.other.token")), "nothing");
    }

    #[test]
    fn a_header_that_says_nothing_usable_does_not_fall_back() {
        for value in ["Basic YTpi", "Bearer", "token", ""] {
            let presented =
                Presented { authorization: Some(value), cookie: Some("c"), ..Presented::default() };
            assert_eq!(shown(&presented), "nothing", "{value}");
        }
    }

    #[test]
    fn where_only_tickets_may_stand_in_the_query_a_token_does_not_count() {
        let with = |text| Presented { query: Some(text), ..Presented::default() };
        assert!(with("a.b.c").shown(QueryTokens::Tickets).is_none());
        assert!(with("tkt_1").shown(QueryTokens::Tickets).is_some());
        assert_eq!(shown(&with("tkt_1")), "ticket tkt_1");
    }
}
