//! In whose name the runs of a task act, and who may have them do so.

use agentcy_core::{
    By, Principal, Realms, Role, Timestamp,
    id::{KeyId, UserId},
};
use agentcy_store::{
    Tenant, api_keys,
    memberships::{self, Member},
};

use crate::{Platform, Result, grant};

const OTHERS: &str = "only an admin has a task run as somebody else";

/// A principal as they are in the org now.
pub(super) struct Standing {
    pub(super) role: Role,
    pub(super) realms: Realms,
}

/// How a principal stands; none for one who is gone, shut out, revoked or expired.
pub(super) async fn standing(
    tenant: &mut impl Tenant,
    run_as: &str,
    now: Timestamp,
) -> Result<Option<Standing>> {
    Ok(match principal(run_as) {
        Some(Principal::User(id)) => {
            let member = memberships::find(tenant, id).await?;
            let member = member.filter(|member| member.disabled_at.is_none());
            member.map(|Member { role, realms, .. }| Standing { role, realms })
        }
        Some(Principal::Key(id)) => {
            let key = api_keys::find(tenant, id).await?;
            let key = key.filter(|key| key.expires_at.is_none_or(|end| end > now));
            key.map(|key| Standing { role: key.role, realms: key.realms })
        }
        None => None,
    })
}

fn principal(text: &str) -> Option<Principal> {
    let person = text.parse::<UserId>().map(Principal::User);
    person.or_else(|_| text.parse::<KeyId>().map(Principal::Key)).ok()
}

/// Whether the caller may have something run as this principal: themselves, or, for an admin, anybody who has no more
/// than they have. Errors: `invalid` (there is nobody like that), `insufficient_role`.
pub(super) async fn require(platform: &Platform, by: &By, run_as: &str) -> Result<()> {
    if run_as == by.caller().principal.to_string() {
        return Ok(());
    }
    platform.permit_on(by, by.caller().role >= Role::Admin, OTHERS).await?;
    let now = platform.clock.now();
    let found = standing(&mut platform.db.read(by).await?, run_as, now).await?;
    let Some(Standing { role, realms }) = found else {
        return Err(crate::Error::invalid_field("run_as", "there is nobody like that in the org"));
    };
    platform.permit_on(by, role <= by.caller().role, grant::ROLE_ABOVE).await?;
    platform.permit_on(by, by.realms().covers(&realms), grant::REALMS_BEYOND).await
}
