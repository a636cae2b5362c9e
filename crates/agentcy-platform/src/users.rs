//! The members of an org: who they are, what they may do, whether they still are.

use agentcy_core::{Action, By, Caller, ErrorCode, Realms, Role, id::UserId};
use agentcy_store::{Tx, audit, memberships};
use serde_json::json;

use crate::{
    Error, Listing, PageRequest, Platform, Result,
    error::Faults,
    grant::{self, REALMS_BEYOND, ROLE_ABOVE},
    realms,
};

pub use agentcy_store::memberships::Member;

const ROLE_BEFORE: &str = "nobody changes or removes a member whose role is above their own";
const NO_LONGER: &str = "you are no longer an active member of this org";

/// What to change of a member.
#[derive(Debug, Clone, Default)]
pub struct MemberUpdate {
    /// What they shall be.
    pub role: Option<Role>,
    /// Whether they shall be shut out. That ends their sessions.
    pub disabled: Option<bool>,
    /// The realms they shall see.
    pub realms: Option<Realms>,
}

/// The members of the org, the newest first; `query` is looked for in names and e-mails.
///
/// Errors: `invalid` (`q`), `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    query: Option<String>,
    page: PageRequest,
) -> Result<Listing<Member>> {
    let by = platform.permit(caller, Action::UserList).await?;
    let query = query.filter(|text| !text.is_empty());
    let fits = query.as_ref().is_none_or(|q| q.chars().count() <= 200 && !q.contains('\0'));
    let mut faults = Faults::default();
    faults.require(fits, "q", "at most 200 characters");
    faults.into_result()?;
    let scope = format!("{}/users?q={}", by.org_id(), query.as_deref().unwrap_or_default());
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = memberships::list(&mut reader, query.as_deref(), page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// Changes role, realms or state of a member.
///
/// Errors: `not_found`, `insufficient_role`, `unknown_realm`, `last_owner`.
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    user_id: UserId,
    change: MemberUpdate,
) -> Result<Member> {
    let by = platform.permit(caller, Action::UserUpdate).await?;
    let mut tx = platform.db.begin(&by).await?;
    let locked = Locked::take(&mut tx, &by, user_id).await?;
    let before = &locked.member;
    let now = platform.clock.now();
    let mut after = before.clone();
    after.role = change.role.unwrap_or(before.role);
    after.realms = change.realms.unwrap_or_else(|| before.realms.clone());
    after.disabled_at = match change.disabled {
        Some(true) => before.disabled_at.or(Some(now)),
        Some(false) => None,
        None => before.disabled_at,
    };
    if let Some(reason) = locked.objection_to(&by, &after) {
        drop(tx);
        return platform.deny(&by, reason).await;
    }
    if after == *before {
        return Ok(after);
    }
    realms::require_known(&mut tx, "realms", &after.realms).await?;
    if !is_active_owner(&after) {
        locked.require_another_owner()?;
    }
    memberships::update(&mut tx, &after, now).await?;
    let details = json!({
        "before": standing(before),
        "after": standing(&after),
    });
    audit::record(&mut tx, &platform.done(&by, user_id, details)).await?;
    // Who was just shut out has no session left to have been active in.
    let after = memberships::find(&mut tx, user_id).await?.unwrap_or(after);
    tx.commit().await?;
    platform.auth.forget_standings();
    Ok(after)
}

/// Removes a member from the org and ends their sessions there. API keys that they made belong to the org and stay, and
/// so do their invitations. Whom a trusted issuer names comes back with their next token, as a newcomer: who shall stay
/// out is disabled instead.
///
/// Errors: `not_found`, `insufficient_role`, `last_owner`.
pub async fn remove(platform: &Platform, caller: &Caller, user_id: UserId) -> Result<()> {
    let by = platform.permit(caller, Action::UserRemove).await?;
    let mut tx = platform.db.begin(&by).await?;
    let locked = Locked::take(&mut tx, &by, user_id).await?;
    if let Some(reason) = locked.objection_to(&by, &locked.member) {
        drop(tx);
        return platform.deny(&by, reason).await;
    }
    locked.require_another_owner()?;
    memberships::delete(&mut tx, user_id).await?;
    let details = json!({ "before": standing(&locked.member) });
    audit::record(&mut tx, &platform.done(&by, user_id, details)).await?;
    tx.commit().await?;
    platform.auth.forget_standings();
    Ok(())
}

/// A member, the caller and every active owner, none of whom changes until the transaction ends.
struct Locked {
    member: Member,
    /// What the caller is by now; a check of their credential may be a second old.
    own: Option<Role>,
    has_other_owner: bool,
}

impl Locked {
    async fn take(tx: &mut Tx, by: &By, user_id: UserId) -> Result<Self> {
        let actor = grant::person(by)?;
        let standings = memberships::lock(tx, &[user_id, actor]).await?;
        let member = memberships::find(tx, user_id).await?;
        let member = member.ok_or_else(|| Error::not_found("user"))?;
        let mut active = standings.iter().filter(|standing| standing.is_active);
        let own = active.clone().find(|standing| standing.user_id == actor);
        let has_other_owner =
            active.any(|standing| standing.role == Role::Owner && standing.user_id != user_id);
        let own = own.map(|standing| standing.role.min(by.caller().role));
        Ok(Self { member, own, has_other_owner })
    }

    fn objection_to(&self, by: &By, after: &Member) -> Option<&'static str> {
        let Some(own) = self.own else { return Some(NO_LONGER) };
        let before = &self.member;
        // Whoever gives a role, or lets somebody back in, gives it in all the realms that come with it.
        let gives = after.realms != before.realms
            || after.role > before.role
            || (before.disabled_at.is_some() && after.disabled_at.is_none());
        let rules = [
            (before.role <= own, ROLE_BEFORE),
            (after.role <= own, ROLE_ABOVE),
            (!gives || by.realms().covers(&after.realms), REALMS_BEYOND),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map(|(_, reason)| reason)
    }

    fn require_another_owner(&self) -> Result<()> {
        if is_active_owner(&self.member) && !self.has_other_owner {
            let message = "the last active owner stays; make somebody else an owner first";
            return Err(Error::refused(ErrorCode::LastOwner, message));
        }
        Ok(())
    }
}

fn is_active_owner(member: &Member) -> bool {
    member.role == Role::Owner && member.disabled_at.is_none()
}

fn standing(member: &Member) -> serde_json::Value {
    json!({
        "role": member.role,
        "realms": member.realms,
        "disabled": member.disabled_at.is_some(),
    })
}
