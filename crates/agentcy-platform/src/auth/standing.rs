//! What a credential stands for by now: read from its row, and kept for less than a second.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use agentcy_core::{
    Principal, Realms, Role, Timestamp,
    id::{KeyId, OrgId, SessionId, UserId},
};
use agentcy_store::{
    Error as StoreError,
    system::{keys, login::Place, sessions},
};
use chrono::TimeDelta;
use ipnet::IpNet;
use moka::future::Cache;

use super::secret::{Digest, same};
use crate::{Error, Platform, Result, error::shared};

/// How long a look is good: a revocation holds everywhere within a second.
const GOOD: TimeDelta = TimeDelta::milliseconds(800);
/// After how long whoever asks has it looked up anew, so that nobody who goes on asking waits.
const NEW: TimeDelta = TimeDelta::milliseconds(400);
/// How many credentials are remembered.
const CAPACITY: u64 = 20_000;
/// How seldom the last use of a key is written.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What proved who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Session(SessionId),
    Key,
    Oidc,
}

/// What a credential stands for.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) org_id: OrgId,
    pub(crate) principal: Principal,
    pub(crate) role: Role,
    pub(crate) realms: Realms,
    pub(crate) proof: Proof,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) can_approve: bool,
    pub(crate) platform_admin: bool,
    pub(crate) allowed_ips: Vec<IpNet>,
}

impl Standing {
    pub(crate) fn person(
        user: UserId,
        platform_admin: bool,
        place: Place,
        proof: Proof,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            org_id: place.org_id,
            principal: Principal::User(user),
            role: place.role,
            realms: place.realms,
            proof,
            expires_at,
            can_approve: true,
            platform_admin,
            allowed_ips: Vec::new(),
        }
    }

    /// Whether the credential may come from this address.
    pub(crate) fn allows(&self, ip: Option<IpAddr>) -> bool {
        allows(&self.allowed_ips, ip)
    }
}

/// Whether somebody may come from this address; no list is for all.
pub(crate) fn allows(list: &[IpNet], ip: Option<IpAddr>) -> bool {
    let from = ip.map(|ip| ip.to_canonical());
    list.is_empty() || from.is_some_and(|ip| list.iter().any(|net| net.contains(&ip)))
}

/// What was looked up a moment ago, in the present epoch.
///
/// The epoch is part of the key: a look cannot be found any more that was under way when a credential was revoked.
pub(crate) struct Standings {
    cache: Cache<(Digest, u64), Arc<Look>>,
    epoch: AtomicU64,
}

/// A look, and when it began.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) standing: Standing,
    began: Timestamp,
    /// Whether somebody looks anew by now.
    is_renewed: AtomicBool,
}

impl Look {
    fn new(standing: Standing, began: Timestamp) -> Arc<Self> {
        Arc::new(Self { standing, began, is_renewed: AtomicBool::new(false) })
    }

    fn is_good(&self, now: Timestamp) -> bool {
        (TimeDelta::zero()..GOOD).contains(&(now - self.began))
    }

    /// Whether whoever asks now should have it looked up anew; one of them does.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now - self.began >= NEW && !self.is_renewed.swap(true, Ordering::AcqRel)
    }
}

impl Standings {
    pub(crate) fn new() -> Self {
        let cache =
            Cache::builder().max_capacity(CAPACITY).time_to_live(Duration::from_secs(1)).build();
        Self { cache, epoch: AtomicU64::new(0) }
    }

    /// What the credential of this digest stands for; of many who ask at once one looks it up. Failures are not kept.
    pub(crate) async fn get(
        &self,
        digest: Digest,
        now: Timestamp,
        look: impl Future<Output = Result<Standing>>,
    ) -> Result<Arc<Look>> {
        let key = (digest, self.epoch.load(Ordering::Acquire));
        if let Some(found) = self.cache.get(&key).await {
            if found.is_good(now) {
                return Ok(found);
            }
            self.cache.invalidate(&key).await;
        }
        let look = async { look.await.map(|standing| Look::new(standing, now)) };
        let shared = |error| shared(error, "a credential could not be looked up");
        self.cache.try_get_with(key, look).await.map_err(shared)
    }

    /// Looks anew before the look of before is too old.
    pub(crate) async fn renew(
        &self,
        digest: Digest,
        now: Timestamp,
        look: impl Future<Output = Result<Standing>>,
    ) {
        let key = (digest, self.epoch.load(Ordering::Acquire));
        match look.await {
            Ok(standing) => self.cache.insert(key, Look::new(standing, now)).await,
            Err(Error::Refused { .. }) => self.cache.invalidate(&key).await,
            // Whoever asks once it is too old finds out.
            Err(error) => tracing::debug!(error = %error, "a credential was not looked up anew"),
        }
    }

    /// Forgets everything: some credential is worth less than before.
    pub(crate) fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }
}

/// What a session is by now. `generation` is what its token says; a ticket has none.
pub(crate) async fn of_session(
    platform: &Platform,
    id: SessionId,
    generation: Option<i32>,
    expires_at: Option<Timestamp>,
) -> Result<Standing> {
    let mut tx = platform.db.system(&platform.system).await?;
    let session = sessions::find(&mut tx, id).await?;
    tx.commit().await?;
    let session = session.ok_or_else(Error::unauthenticated)?;
    if !is_on(&session, platform.clock.now())
        || generation.is_some_and(|shown| shown != session.generation)
    {
        return Err(Error::unauthenticated());
    }
    let place = Place {
        org_id: session.org_id,
        role: session.role,
        realms: session.realms,
        disabled: session.disabled,
        oidc_issuer: None,
    };
    let end = expires_at.unwrap_or(session.expires_at).min(session.expires_at);
    let proof = Proof::Session(id);
    Ok(Standing::person(session.user_id, session.platform_admin, place, proof, Some(end)))
}

/// Whether a session still opens anything.
pub(crate) fn is_on(session: &sessions::Standing, now: Timestamp) -> bool {
    !session.revoked && !session.disabled && session.expires_at > now
}

/// What a key is by now. Without a digest only that it is still good: for a ticket made with it.
pub(crate) async fn of_key(
    platform: &Platform,
    id: KeyId,
    shown: Option<&Digest>,
    ip: Option<IpAddr>,
) -> Result<Standing> {
    let now = platform.clock.now();
    let mut tx = platform.db.system(&platform.system).await?;
    let key = keys::find(&mut tx, id).await?.ok_or_else(Error::unauthenticated)?;
    let is_good = shown.is_none_or(|shown| fits(&key, shown, now));
    if !is_good || key.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::unauthenticated());
    }
    let standing = Standing {
        org_id: key.org_id,
        principal: Principal::Key(id),
        role: key.role,
        realms: key.realms,
        proof: Proof::Key,
        expires_at: key.expires_at,
        can_approve: key.can_approve,
        platform_admin: false,
        allowed_ips: networks(id, &key.allowed_ips)?,
    };
    let since = now - TOUCH_EVERY;
    if standing.allows(ip) && key.last_used_at.is_none_or(|last| last <= since) {
        keys::touch(&mut tx, id, now, since).await?;
    }
    tx.commit().await?;
    Ok(standing)
}

/// Whether the secret of this digest opens the key now.
pub(crate) fn fits(key: &keys::KeyCheck, shown: &Digest, now: Timestamp) -> bool {
    let present = same(&key.secret_hash, shown);
    let previous =
        key.previous.as_ref().is_some_and(|(hash, until)| *until > now && same(hash, shown));
    present || previous
}

/// The addresses that a key may come from.
pub(crate) fn networks(id: KeyId, texts: &[String]) -> Result<Vec<IpNet>> {
    let read = |text: &String| {
        let single = text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().ok().or(single.ok())
    };
    let nets: Option<Vec<IpNet>> = texts.iter().map(read).collect();
    // A list that cannot be read must not become a list that allows everything.
    nets.ok_or_else(|| StoreError::corrupt("api_keys", id, "allowed_ips").into())
}

#[cfg(test)]
mod tests {
    use agentcy_core::ErrorCode;
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn standing(ips: &[&str]) -> Standing {
        let ips: Vec<String> = ips.iter().map(|ip| (*ip).to_owned()).collect();
        Standing {
            org_id: Uuid::from_u128(1).into(),
            principal: Principal::Key(Uuid::from_u128(2).into()),
            role: Role::Member,
            realms: Realms::All,
            proof: Proof::Key,
            expires_at: None,
            can_approve: false,
            platform_admin: false,
            allowed_ips: networks(Uuid::from_u128(2).into(), &ips).unwrap(),
        }
    }

    fn at(millis: i64) -> Timestamp {
        DateTime::from_timestamp_millis(millis).unwrap()
    }

    #[test]
    fn a_key_with_addresses_comes_from_those_alone() {
        let from = |ip: &str| Some(ip.parse().unwrap());
        let limited = standing(&["10.1.0.0/16", "2001:db8::/32", "192.0.2.7"]);
        for ip in ["10.1.2.3", "2001:db8::1", "192.0.2.7", "::ffff:10.1.2.3"] {
            assert!(limited.allows(from(ip)), "{ip}");
        }
        for ip in ["10.2.0.1", "192.0.2.8", "::1", "::ffff:10.2.0.1"] {
            assert!(!limited.allows(from(ip)), "{ip}");
        }
        assert!(!limited.allows(None));
        assert!(standing(&[]).allows(None));
        assert!(networks(Uuid::nil().into(), &["anywhere".to_owned()]).is_err());
    }

    #[tokio::test]
    async fn a_look_is_good_for_a_moment_and_not_past_it() {
        let standings = Standings::new();
        let look = async |millis: i64, role: Role| {
            let found = async { Ok(Standing { role, ..standing(&[]) }) };
            standings.get([1; 32], at(millis), found).await.unwrap().standing.role
        };
        assert_eq!(look(900, Role::Member).await, Role::Member);
        assert_eq!(look(1_699, Role::Viewer).await, Role::Member);
        assert_eq!(look(1_700, Role::Viewer).await, Role::Viewer);
        assert_eq!(look(1_699, Role::Admin).await, Role::Admin, "a clock that was set back");
    }

    #[tokio::test]
    async fn of_those_who_go_on_asking_one_has_it_looked_up_anew_and_nobody_waits() {
        let standings = Standings::new();
        let found = |role| async move { Ok(Standing { role, ..standing(&[]) }) };
        let get =
            async |millis| standings.get([1; 32], at(millis), found(Role::Owner)).await.unwrap();
        standings.renew([1; 32], at(0), found(Role::Member)).await;
        assert!(!get(399).await.is_due(at(399)));
        assert!(get(400).await.is_due(at(400)));
        assert!(!get(401).await.is_due(at(401)), "once");
        standings.renew([1; 32], at(400), found(Role::Viewer)).await;
        assert_eq!(get(1_199).await.standing.role, Role::Viewer);
        standings.renew([1; 32], at(1_000), async { Err(Error::unauthenticated()) }).await;
        assert_eq!(get(1_001).await.standing.role, Role::Owner, "what is refused is not kept");
    }

    #[tokio::test]
    async fn what_was_looked_up_anew_during_a_revocation_is_not_kept() {
        let standings = Standings::new();
        let slow = async {
            standings.forget();
            Ok(standing(&[]))
        };
        standings.renew([1; 32], at(0), slow).await;
        let gone = async { Err(Error::unauthenticated()) };
        assert!(standings.get([1; 32], at(1), gone).await.is_err());
    }

    #[tokio::test]
    async fn a_look_under_way_during_a_revocation_is_not_kept() {
        let standings = Standings::new();
        let slow = async {
            standings.forget();
            Ok(standing(&[]))
        };
        assert!(standings.get([1; 32], at(0), slow).await.is_ok());
        let gone = async { Err(Error::unauthenticated()) };
        assert!(standings.get([1; 32], at(0), gone).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let standings = Standings::new();
        let failed = standings.get([1; 32], at(0), async { Err(Error::unauthenticated()) }).await;
        assert_eq!(failed.unwrap_err().code(), Some(ErrorCode::Unauthenticated));
        assert!(standings.get([1; 32], at(0), async { Ok(standing(&[])) }).await.is_ok());
    }
}
