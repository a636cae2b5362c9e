//! Tickets: what a browser puts into a URL where it cannot send headers. Good once, for one path, for a minute.

use std::time::Duration;

use agentcy_bus::{Key, Scope};
use agentcy_core::{
    Action, Caller, Credential, Principal, Timestamp,
    id::{KeyId, OrgId, SessionId, UserId},
};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    Presented, oidc,
    secret::{digest, mint},
    standing::{self, Standing},
};
use crate::{Error, Platform, Result};

/// What every ticket begins with.
pub(crate) const PREFIX: &str = "tkt_";
const LIFE: Duration = Duration::from_mins(1);
const MAX_PATH: usize = 1000;

/// A ticket that was just made.
#[derive(Debug)]
pub struct Ticket {
    /// The text for `?token=`.
    pub ticket: SecretString,
    /// When it runs out.
    pub expires_at: Timestamp,
}

/// What the bus keeps of a ticket.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    maker: Maker,
}

/// By what its maker is found again.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Maker {
    Session(SessionId),
    Key(KeyId),
    Oidc { org: OrgId, user: UserId, expires_at: Option<Timestamp> },
}

impl Maker {
    fn of(caller: &Caller) -> Option<Self> {
        match (caller.credential, caller.principal) {
            (Credential::Session(id) | Credential::Cookie(id), _) => Some(Self::Session(id)),
            (Credential::ApiKey, Principal::Key(id)) => Some(Self::Key(id)),
            (Credential::Oidc, Principal::User(user)) => {
                Some(Self::Oidc { org: caller.org_id, user, expires_at: caller.expires_at })
            }
            _ => None,
        }
    }
}

/// Makes a ticket for one path, from the server's root and without a query. Errors: `invalid`, `insufficient_role`.
pub async fn create_ticket(platform: &Platform, caller: &Caller, path: &str) -> Result<Ticket> {
    let by = platform.permit(caller, Action::TicketCreate).await?;
    let is_path = path.starts_with('/')
        && path.len() <= MAX_PATH
        && !path.chars().any(|c| c.is_control() || c.is_whitespace() || c == '?' || c == '#');
    if !is_path {
        return Err(Error::invalid_field("path", "must be a path such as /ws, without a query"));
    }
    let maker = Maker::of(caller);
    platform.permit_on(&by, maker.is_some(), "a ticket makes no tickets").await?;
    let Some(maker) = maker else { return Err(Error::unauthenticated()) };
    let ticket = mint(PREFIX, &*platform.entropy);
    let kept = serde_json::to_vec(&Kept { path: path.to_owned(), maker })
        .map_err(|error| Error::internal("a ticket could not be written", error))?;
    let expires_at = platform.clock.now() + TimeDelta::seconds(60);
    platform.bus.put(&key(ticket.expose_secret()), &kept.into(), LIFE).await?;
    Ok(Ticket { ticket, expires_at })
}

/// Uses a ticket up. Its maker's credential is judged as it is now.
pub(crate) async fn redeem(
    platform: &Platform,
    ticket: &str,
    presented: &Presented<'_>,
) -> Result<Standing> {
    let kept = platform.bus.take(&key(ticket)).await?.ok_or_else(Error::unauthenticated)?;
    let kept: Kept = serde_json::from_slice(&kept)
        .map_err(|error| Error::internal("a ticket is unreadable", error))?;
    if kept.path != presented.path {
        return Err(Error::unauthenticated());
    }
    match kept.maker {
        Maker::Session(id) => standing::of_session(platform, id, None, None).await,
        Maker::Key(id) => standing::of_key(platform, id, None, presented.ip).await,
        Maker::Oidc { org, user, expires_at } => {
            oidc::member(platform, org, user, expires_at).await
        }
    }
}

/// The digest, so that who reads the bus holds no tickets.
fn key(ticket: &str) -> Key {
    Key::new(Scope::Global, format!("ticket:{}", hex::encode(digest(ticket))))
}
