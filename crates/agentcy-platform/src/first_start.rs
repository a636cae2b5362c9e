//! The first org and its owner, made once however many replicas start at once.

use agentcy_core::Chain;
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
    auth::{default_login_in_force, email, found_org, is_password, log::Line},
};

/// Who the first owner is when nobody says otherwise.
pub const DEFAULT_EMAIL: &str = "admin@localhost";
/// Their password then, good on this machine alone.
pub const DEFAULT_PASSWORD: &str = "admin";
const ORG_NAME: &str = "Default";

/// What a start found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstStart {
    /// Whether it made the first org and its owner, who also administers the platform.
    pub made: bool,
    /// Who has the default password, which is good on this machine alone.
    pub default_login: Option<String>,
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
    let made = make(platform, admin_email, admin_password).await?;
    Ok(FirstStart { made, default_login: notice_default_login(platform).await? })
}

/// Looks whether the default login is in force, and whose it is: by itself for a process beside the server that made it.
pub async fn notice_default_login(platform: &Platform) -> Result<Option<String>> {
    let found = default_login(platform).await?;
    platform.auth.set_default_login(found.is_some());
    Ok(found)
}

async fn make(platform: &Platform, address: &str, password: &SecretString) -> Result<bool> {
    let mut tx = platform.db.system(&platform.system).await?;
    let any = founding::any_org(&mut tx).await?;
    tx.commit().await?;
    if any {
        return Ok(false);
    }
    let address = email::read(address).ok_or_else(|| Error::invalid_field("email", email::RULE))?;
    let hash = platform.auth.passwords.hash(password).await?;
    let mut tx = platform.db.system(&platform.system).await?;
    if founding::lock_first(&mut tx).await? {
        tx.commit().await?;
        return Ok(false);
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
    Ok(true)
}

/// Whoever still has the password `admin`. Nobody can choose it, so it is an administrator of the first start.
async fn default_login(platform: &Platform) -> Result<Option<String>> {
    let mut tx = platform.db.system(&platform.system).await?;
    let administrators = people::administrators(&mut tx).await?;
    tx.commit().await?;
    for account in administrators {
        let Some(hash) = account.password_hash else { continue };
        if is_password(platform, &DEFAULT_PASSWORD.into(), &hash).await? {
            return Ok(Some(account.email));
        }
    }
    Ok(None)
}

/// Somebody has a new password, which cannot be the default one: perhaps it was theirs.
pub(crate) async fn password_changed(platform: &Platform) {
    if default_login_in_force(platform)
        && let Err(error) = notice_default_login(platform).await
    {
        tracing::warn!(error = %Chain(&error), "the default login counts as in force until the next start");
    }
}
