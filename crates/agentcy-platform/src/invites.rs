//! Invitations: a token that lets somebody in as a member.

use agentcy_core::{Action, Caller, Realms, Role, id::InviteId};
use agentcy_store::{OnConstraint, audit, invites as store, memberships};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    Draft, Error, Listing, PageRequest, Platform, Result,
    auth::{email, secret},
    error::Faults,
    grant, realms,
};

pub use agentcy_store::invites::Invite;

const MIN_EXPIRY_SECS: u32 = 60;
const MAX_EXPIRY_SECS: u32 = 30 * 24 * 60 * 60;
const DEFAULT_EXPIRY_SECS: u32 = 7 * 24 * 60 * 60;

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// Whom it is for.
    pub email: String,
    /// What they will be; not more than who invites.
    pub role: Role,
    /// The realms they will see; those of who invites unless said.
    pub realms: Option<Realms>,
    /// How long it is good; seven days unless said.
    pub expires_in_secs: Option<u32>,
}

/// An invitation with its token, which is never shown again.
#[derive(Debug, Clone)]
pub struct IssuedInvite {
    /// The invitation.
    pub invite: Invite,
    /// What lets its holder in.
    pub token: SecretString,
}

/// The open invitations, the newest first. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<Invite>> {
    let by = platform.permit(caller, Action::InviteRead).await?;
    let scope = format!("{}/invites", by.org_id());
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = store::list(&mut reader, platform.clock.now(), page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// Invites somebody; an expired invitation of theirs is replaced.
///
/// Errors: `invalid`, `insufficient_role`, `unknown_realm`, `taken` (`email`: a member, or openly invited).
pub async fn create(
    platform: &Platform,
    caller: &Caller,
    new: NewInvite,
) -> Result<Draft<IssuedInvite>> {
    let by = platform.permit(caller, Action::InviteCreate).await?;
    let expires_in = new.expires_in_secs.unwrap_or(DEFAULT_EXPIRY_SECS);
    let mut faults = Faults::default();
    let email = email::read(&new.email);
    faults.require(email.is_some(), "email", email::RULE);
    let in_bounds = (MIN_EXPIRY_SECS..=MAX_EXPIRY_SECS).contains(&expires_in);
    faults.require(in_bounds, "expires_in_secs", "60 to 2592000");
    faults.into_result()?;
    let email = email.ok_or_else(|| Error::invalid_field("email", email::RULE))?;
    let realms = new.realms.unwrap_or_else(|| by.realms().clone());
    platform.permit_to_give(&by, new.role, &realms).await?;
    let now = platform.clock.now();
    let invite = Invite {
        id: platform.ids.next(),
        email,
        role: new.role,
        realms,
        invited_by: Some(grant::person(&by)?),
        created_at: now,
        expires_at: now + TimeDelta::seconds(expires_in.into()),
    };
    let token = secret::mint("inv_", &*platform.entropy);
    let digest = secret::digest(token.expose_secret());
    let mut tx = platform.db.begin(&by).await?;
    realms::require_known(&mut tx, "realms", &invite.realms).await?;
    if memberships::has_email(&mut tx, &invite.email).await? {
        return Err(Error::taken("email"));
    }
    store::insert(&mut tx, &invite, &digest)
        .await
        .on_constraint(store::EMAIL_KEY, || Error::taken("email"))?;
    let details = json!({ "email": invite.email, "role": invite.role, "realms": invite.realms });
    audit::record(&mut tx, &platform.done(&by, invite.id, details)).await?;
    Ok(Draft::new(platform, by, tx, IssuedInvite { invite, token }))
}

/// Withdraws an open invitation. Errors: `not_found`, `insufficient_role`.
pub async fn revoke(platform: &Platform, caller: &Caller, id: InviteId) -> Result<()> {
    let by = platform.permit(caller, Action::InviteRevoke).await?;
    let mut reader = platform.db.read(&by).await?;
    let invite = store::find(&mut reader, id, platform.clock.now()).await?;
    drop(reader);
    let invite = invite.ok_or_else(not_found)?;
    let holds = invite.role <= by.caller().role;
    let message = "nobody withdraws an invitation to a role above their own";
    platform.permit_on(&by, holds, message).await?;
    let mut tx = platform.db.begin(&by).await?;
    if !store::delete(&mut tx, id).await? {
        return Err(not_found());
    }
    let details = json!({ "email": invite.email, "role": invite.role });
    audit::record(&mut tx, &platform.done(&by, id, details)).await?;
    Ok(tx.commit().await?)
}

fn not_found() -> Error {
    Error::not_found("invitation")
}
