//! In whose name a job works.

use agentcy_core::{
    Action, By, Caller, Credential, Principal, Realms,
    id::{JobId, KeyId, OrgId, UserId},
};
use agentcy_store::Error as StoreError;

use crate::{Platform, Result};

impl Platform {
    /// The proof that opens the stores for a job: its maker's, who was permitted the action when asking for it. It sees
    /// every realm, since what it may touch was decided then, and has the role that the action needs and no more.
    pub(crate) fn acting(
        &self,
        org_id: OrgId,
        job: JobId,
        made_by: &str,
        action: Action,
    ) -> Result<By> {
        let (principal, credential) = if let Ok(id) = made_by.parse::<UserId>() {
            (Principal::User(id), Credential::Ticket)
        } else if let Ok(id) = made_by.parse::<KeyId>() {
            (Principal::Key(id), Credential::ApiKey)
        } else {
            return Err(StoreError::corrupt("jobs", job, "made_by").into());
        };
        let caller = Caller {
            org_id,
            principal,
            role: action.standing().role,
            realms: Realms::All,
            credential,
            expires_at: None,
            can_approve: false,
            platform_admin: false,
            request_id: job.to_string(),
            ip: None,
            causes: Vec::new(),
        };
        Ok(By::granted(&self.system, &caller, action))
    }
}
