//! The one place where a caller becomes somebody who may.

use agentcy_core::{
    Action, By, Caller, Principal,
    audit::{AuditEntry, Decision},
};
use agentcy_store::audit;
use serde_json::Value;

use crate::{Error, Platform, Result};

impl Platform {
    /// Gives the proof that opens the stores, by the role table. A denial is audited.
    pub async fn permit(&self, caller: &Caller, action: Action) -> Result<By> {
        let standing = action.standing();
        let message = if matches!(caller.principal, Principal::Key(_)) && !standing.keys {
            "an API key cannot do this; sign in as a person".to_owned()
        } else if caller.role < standing.role {
            format!("{action} needs the role {} or above", standing.role)
        } else {
            return Ok(By::granted(&self.system, caller, action));
        };
        self.record_denial(caller, action, &message).await?;
        Err(Error::insufficient_role(message))
    }

    /// A right over a thing that depends on the thing itself. A denial is audited.
    pub async fn permit_on(&self, by: &By, holds: bool, message: &'static str) -> Result<()> {
        if holds {
            return Ok(());
        }
        self.record_denial(by.caller(), by.action(), message).await?;
        Err(Error::insufficient_role(message))
    }

    /// The caller's own bookkeeping, such as a kept answer: not an action of the role table.
    pub(crate) fn bookkeeping(&self, caller: &Caller) -> By {
        By::granted(&self.system, caller, Action::SessionRead)
    }

    /// The audit row of what a permitted caller just did.
    pub fn done(&self, by: &By, target: impl std::fmt::Display, details: Value) -> AuditEntry {
        AuditEntry::done(self.ids.next(), self.clock.now(), by, target.to_string(), details)
    }

    async fn record_denial(&self, caller: &Caller, action: Action, reason: &str) -> Result<()> {
        let mut entry = AuditEntry::done(
            self.ids.next(),
            self.clock.now(),
            &By::granted(&self.system, caller, action),
            String::new(),
            serde_json::json!({ "reason": reason }),
        );
        entry.decision = Decision::Denied;
        let mut tx = self.db.system(&self.system).await?;
        audit::record_system(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
