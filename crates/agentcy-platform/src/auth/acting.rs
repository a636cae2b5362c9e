//! In whose name a run acts: whoever started it, as they are by now.

use agentcy_core::{
    Action, By, Caller, Credential, Principal, Realms, Role,
    id::{KeyId, OrgId, RunId, TaskId, UserId},
};
use agentcy_store::{
    Error as StoreError,
    system::{keys, login},
};
use uuid::Uuid;

use crate::{Platform, Result};

impl Platform {
    /// A starter with the role and the realms that they have now; `None` for one who is gone, shut out, revoked or
    /// expired. Nothing that it gives may decide an approval.
    pub async fn stand_in(
        &self,
        org: OrgId,
        starter: &str,
        request_id: &str,
    ) -> Result<Option<Caller>> {
        let Some(principal) = principal(starter) else {
            return Err(StoreError::corrupt("runs", request_id, "starter").into());
        };
        let mut tx = self.db.system(&self.system).await?;
        let found = match principal {
            Principal::User(id) => {
                let place = login::place(&mut tx, org, id).await?;
                place.filter(|place| !place.disabled).map(|place| (place.role, place.realms, None))
            }
            Principal::Key(id) => {
                let now = self.clock.now();
                let key = keys::find(&mut tx, id).await?.filter(|key| key.org_id == org);
                let key = key.filter(|key| key.expires_at.is_none_or(|end| end > now));
                key.map(|key| (key.role, key.realms, key.expires_at))
            }
        };
        tx.commit().await?;
        Ok(found.map(|(role, realms, expires_at)| Caller {
            expires_at,
            ..in_the_name_of(org, principal, role, realms, request_id)
        }))
    }

    /// The proof of somebody who is nobody in particular: for what the server itself does in an org.
    pub(crate) fn nobody(&self, org: OrgId, action: Action, request_id: &str) -> By {
        let nobody = Principal::Key(KeyId::from(Uuid::nil()));
        let caller = in_the_name_of(org, nobody, Role::Viewer, Realms::All, request_id);
        By::granted(&self.system, &caller, action)
    }

    /// The proof that opens a run's own rows, without a look at what its starter may do by now.
    pub fn run_by(&self, org: OrgId, starter: &str, run: RunId) -> Result<By> {
        let principal = principal(starter);
        let principal = principal.ok_or_else(|| StoreError::corrupt("runs", run, "starter"))?;
        let action = Action::MessageSend;
        let role = action.standing().role;
        let caller = in_the_name_of(org, principal, role, Realms::All, &run.to_string());
        Ok(By::granted(&self.system, &caller, action))
    }

    /// The same proof for what these tasks led to, the first one first: all that it opens says so.
    pub fn because(&self, by: &By, causes: Vec<TaskId>) -> By {
        let caller = Caller { causes, ..by.caller().clone() };
        By::granted(&self.system, &caller, by.action())
    }
}

fn principal(starter: &str) -> Option<Principal> {
    let person = starter.parse::<UserId>().map(Principal::User);
    person.or_else(|_| starter.parse::<KeyId>().map(Principal::Key)).ok()
}

fn in_the_name_of(
    org_id: OrgId,
    principal: Principal,
    role: Role,
    realms: Realms,
    request_id: &str,
) -> Caller {
    Caller {
        org_id,
        principal,
        role,
        realms,
        credential: match principal {
            Principal::User(_) => Credential::Ticket,
            Principal::Key(_) => Credential::ApiKey,
        },
        expires_at: None,
        can_approve: false,
        platform_admin: false,
        request_id: request_id.to_owned(),
        ip: None,
        causes: Vec::new(),
    }
}
