//! The first org and its owner, made once however many replicas start at once.

use agentcy_core::id::{OrgId, UserId};
use agentcy_store::{
    audit,
    system::{
        founding::{self, NewUser, WayIn},
        login as people,
    },
};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    Error, Platform, Result,
    auth::{email, found_org, is_password, log::Line},
};

/// Who the first owner is when nobody says otherwise.
pub const DEFAULT_EMAIL: &str = "admin@localhost";
/// Their password then, good on this machine alone.
pub const DEFAULT_PASSWORD: &str = "admin";
const ORG_NAME: &str = "Default";

/// What the first start found or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStart {
    /// The first org and its owner.
    Made {
        /// The org.
        org_id: OrgId,
        /// Its owner, who also administers the platform.
        user_id: UserId,
    },
    /// There was an org already; nothing was changed.
    Done,
}

/// Makes the org `Default` and its owner when there is no org yet, and looks whether the default login is in force.
///
/// To be called at every start. Of replicas that start at once exactly one makes them. A later start with another
/// e-mail or password changes nobody: the password is changed by its owner.
pub async fn first_start(
    platform: &Platform,
    admin_email: &str,
    admin_password: &SecretString,
) -> Result<FirstStart> {
    let outcome = make(platform, admin_email, admin_password).await?;
    platform.auth.set_default_login(has_default_login(platform).await?);
    Ok(outcome)
}

/// Looks whether the default login is in force: for a process beside the server that made it.
pub async fn notice_default_login(platform: &Platform) -> Result<()> {
    platform.auth.set_default_login(has_default_login(platform).await?);
    Ok(())
}

async fn make(platform: &Platform, address: &str, password: &SecretString) -> Result<FirstStart> {
    let mut tx = platform.db.system(&platform.system).await?;
    let any = founding::any_org(&mut tx).await?;
    tx.commit().await?;
    if any {
        return Ok(FirstStart::Done);
    }
    let address = email::read(address).ok_or_else(|| Error::invalid_field("email", email::RULE))?;
    let hash = platform.auth.passwords.hash(password).await?;
    let mut tx = platform.db.system(&platform.system).await?;
    if founding::lock_first(&mut tx).await? {
        tx.commit().await?;
        return Ok(FirstStart::Done);
    }
    let user = NewUser {
        id: platform.ids.next(),
        name: address.split('@').next().unwrap_or("admin").chars().take(100).collect(),
        email: address,
        way_in: WayIn::Password(hash),
        platform_admin: true,
        at: platform.clock.now(),
    };
    founding::insert_user(&mut tx, &user).await?;
    let place = found_org(platform, &mut tx, ORG_NAME, user.id).await?;
    let line = Line::of("org.create", &"system")
        .to(&place.org_id)
        .at(Some(place.org_id))
        .with(json!({ "owner": user.id }));
    audit::record_system(&mut tx, &line.entry(platform)).await?;
    tx.commit().await?;
    Ok(FirstStart::Made { org_id: place.org_id, user_id: user.id })
}

/// Whether `admin@localhost` has the password `admin`.
async fn has_default_login(platform: &Platform) -> Result<bool> {
    let mut tx = platform.db.system(&platform.system).await?;
    let account = people::find_by_email(&mut tx, DEFAULT_EMAIL).await?;
    tx.commit().await?;
    match account.and_then(|account| account.password_hash) {
        Some(hash) => is_password(platform, &DEFAULT_PASSWORD.into(), &hash).await,
        None => Ok(false),
    }
}

/// Somebody has a new password, which cannot be the default one.
pub(crate) fn password_changed(platform: &Platform, address: &str) {
    if email::same(address, DEFAULT_EMAIL) {
        platform.auth.set_default_login(false);
    }
}
