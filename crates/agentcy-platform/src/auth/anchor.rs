//! What it rests on that somebody is known: looked at again for as long as they stay, however they came in.

use std::{collections::HashMap, fmt};

use agentcy_core::{
    Caller, Principal, Realms, Role, Timestamp,
    id::{KeyId, OrgId, SessionId, UserId},
};
use agentcy_store::{
    SystemTx,
    system::{keys, login, sessions},
};
use ipnet::IpNet;

use super::{
    oidc,
    secret::Digest,
    standing::{self, Proof, Standing},
};
use crate::{Platform, Result};

/// Somebody who comes to stay.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who it is.
    pub caller: Caller,
    /// What that rests on.
    pub anchor: Anchor,
}

impl Visitor {
    /// How they stand by now. A look at the store, so not for each thing that they are shown.
    pub async fn stands(&self, platform: &Platform) -> Result<Stands> {
        let mut tx = platform.db.system(&platform.system).await?;
        let present = look(platform, &mut tx, &[self.anchor]).await?;
        tx.commit().await?;
        let present = present.get(&self.anchor);
        Ok(present.map_or(Stands::NoMore, |it| it.judge(&self.caller, platform.clock.now())))
    }
}

/// What it rests on. Many who came with one credential share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor(On);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum On {
    Session(SessionId),
    /// With the digest of the secret that was shown; a ticket shows none.
    Key(KeyId, Option<Digest>),
    Member(OrgId, UserId),
}

// Shows no digest.
impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            On::Session(id) => write!(f, "Anchor({id})"),
            On::Key(id, _) => write!(f, "Anchor({id})"),
            On::Member(_, id) => write!(f, "Anchor({id})"),
        }
    }
}

impl Anchor {
    /// `shown` is the key in the request, where there is one.
    pub(super) fn of(standing: &Standing, shown: Option<Digest>) -> Self {
        Self(match (standing.proof, standing.principal) {
            (Proof::Session(id), _) => On::Session(id),
            (_, Principal::Key(id)) => On::Key(id, shown),
            (_, Principal::User(id)) => On::Member(standing.org_id, id),
        })
    }
}

/// What somebody is by now.
#[derive(Debug, Clone)]
pub struct Present {
    role: Role,
    realms: Realms,
    can_approve: bool,
    expires_at: Option<Timestamp>,
    allowed_ips: Vec<IpNet>,
}

/// How somebody stands who stays.
#[derive(Debug, Clone)]
pub enum Stands {
    /// As before.
    AsBefore,
    /// With other rights.
    Changed(Box<Caller>),
    /// Their credential opens nothing any more.
    NoMore,
}

impl Present {
    /// How the caller stands now.
    pub fn judge(&self, before: &Caller, now: Timestamp) -> Stands {
        let ends = [before.expires_at, self.expires_at];
        let is_over = ends.into_iter().flatten().any(|end| end <= now);
        if is_over || !standing::allows(&self.allowed_ips, before.ip) {
            return Stands::NoMore;
        }
        if self.role == before.role
            && self.realms == before.realms
            && self.can_approve == before.can_approve
        {
            return Stands::AsBefore;
        }
        Stands::Changed(Box::new(Caller {
            role: self.role,
            realms: self.realms.clone(),
            can_approve: self.can_approve,
            ..before.clone()
        }))
    }
}

/// What stands behind each of these by now; those that open nothing any more are missing.
pub(crate) async fn look(
    platform: &Platform,
    tx: &mut SystemTx,
    anchors: &[Anchor],
) -> Result<HashMap<Anchor, Present>> {
    let now = platform.clock.now();
    let mut found = HashMap::with_capacity(anchors.len());
    let (mut ids, mut shown, mut members) = (Vec::new(), Vec::new(), Vec::new());
    for anchor in anchors {
        match anchor.0 {
            On::Session(id) => ids.push(id),
            On::Key(id, digest) => shown.push((id, digest)),
            On::Member(org, user) => members.push((org, user)),
        }
    }
    if !ids.is_empty() {
        for (id, session) in sessions::find_many(tx, &ids).await? {
            if standing::is_on(&session, now) {
                let present = Present {
                    role: session.role,
                    realms: session.realms,
                    can_approve: true,
                    expires_at: Some(session.expires_at),
                    allowed_ips: Vec::new(),
                };
                found.insert(Anchor(On::Session(id)), present);
            }
        }
    }
    if !shown.is_empty() {
        let ids: Vec<KeyId> = shown.iter().map(|(id, _)| *id).collect();
        let rows = keys::find_many(tx, &ids).await?;
        let rows: HashMap<KeyId, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        for (id, digest) in shown {
            let Some(key) = rows.get(&id) else { continue };
            if digest.is_none_or(|digest| standing::fits(key, &digest, now)) {
                let present = Present {
                    role: key.role,
                    realms: key.realms.clone(),
                    can_approve: key.can_approve,
                    expires_at: key.expires_at,
                    allowed_ips: standing::networks(id, &key.allowed_ips)?,
                };
                found.insert(Anchor(On::Key(id, digest)), present);
            }
        }
    }
    if !members.is_empty() {
        for (user, place) in login::places_of(tx, &members).await? {
            if !place.disabled && oidc::is_of_its_issuer(platform, &place) {
                let present = Present {
                    role: place.role,
                    realms: place.realms,
                    can_approve: true,
                    expires_at: None,
                    allowed_ips: Vec::new(),
                };
                found.insert(Anchor(On::Member(place.org_id, user)), present);
            }
        }
    }
    Ok(found)
}
