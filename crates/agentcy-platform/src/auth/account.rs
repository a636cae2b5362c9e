//! A person's own password.

use agentcy_core::{Action, Caller, Principal};
use agentcy_store::{
    audit,
    system::{login as people, sessions},
};
use secrecy::SecretString;
use serde_json::json;

use super::{
    password::{Verdict, objection},
    throttle,
};
use crate::{Error, Platform, Result, error::Faults, first_start};

/// The password somebody has, and the one they want.
#[derive(Debug)]
pub struct PasswordChange {
    /// The present one.
    pub old_password: SecretString,
    /// The one from now on.
    pub new_password: SecretString,
}

/// Gives the caller another password, and ends every other session of theirs, in every org.
///
/// Errors: `invalid` with `old_password` or `new_password`, `rate_limited`, `insufficient_role` for people of an issuer.
pub async fn change_password(
    platform: &Platform,
    caller: &Caller,
    change: PasswordChange,
) -> Result<()> {
    let by = platform.permit(caller, Action::PasswordChange).await?;
    let Principal::User(user) = caller.principal else { return Err(Error::unauthenticated()) };
    let mut tx = platform.db.system(&platform.system).await?;
    let account = people::find(&mut tx, user).await?.ok_or_else(Error::unauthenticated)?;
    tx.commit().await?;
    let message = "your issuer keeps your password; change it there";
    platform.permit_on(&by, account.password_hash.is_some(), message).await?;
    let Some(old_hash) = account.password_hash else { return Err(Error::unauthenticated()) };
    throttle::account(platform, &account.email).await?;
    let verdict = platform.auth.passwords.verify(&change.old_password, Some(&old_hash)).await?;
    let mut faults = Faults::default();
    faults.require(verdict != Verdict::Wrong, "old_password", "is not the present password");
    if let Some(objection) = objection(&change.new_password, &account.email) {
        faults.require(false, "new_password", objection);
    }
    faults.into_result()?;
    let hash = platform.auth.passwords.hash(&change.new_password).await?;
    let now = platform.clock.now();
    let mut tx = platform.db.system(&platform.system).await?;
    if !people::set_password(&mut tx, user, &old_hash, &hash, now).await? {
        return Err(Error::invalid_field("old_password", "was changed meanwhile"));
    }
    let ended = sessions::revoke_others(&mut tx, user, caller.credential.session(), now).await?;
    let entry = platform.done(&by, user, json!({ "sessions_ended": ended }));
    audit::record_system(&mut tx, &entry).await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    first_start::password_changed(platform).await;
    Ok(())
}
