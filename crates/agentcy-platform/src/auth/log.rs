//! Audit rows of what happens where no permitted caller is yet: sign-in, registration, refusals.

use std::net::IpAddr;

use agentcy_core::{
    audit::{AuditEntry, Decision},
    id::OrgId,
};
use serde_json::{Value, json};

use crate::Platform;

/// Where a request came from that nobody stands behind yet.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Its address.
    pub ip: Option<IpAddr>,
    /// Its id.
    pub request_id: String,
}

/// An audit row that is being written.
pub(crate) struct Line {
    action: &'static str,
    actor: String,
    target: String,
    org: Option<OrgId>,
    decision: Decision,
    details: Value,
    from: Origin,
}

impl Line {
    /// Somebody did something to themselves.
    pub(crate) fn of(action: &'static str, who: &impl ToString) -> Self {
        Self {
            action,
            actor: who.to_string(),
            target: who.to_string(),
            org: None,
            decision: Decision::Allowed,
            details: json!({}),
            from: Origin::default(),
        }
    }

    /// Somebody unknown was refused something.
    pub(crate) fn refused(action: &'static str, target: &impl ToString, reason: &str) -> Self {
        let line = Self::of(action, target).with(json!({ "reason": reason }));
        Self { actor: "anonymous".to_owned(), decision: Decision::Denied, ..line }
    }

    pub(crate) fn at(self, org: Option<OrgId>) -> Self {
        Self { org, ..self }
    }

    pub(crate) const fn is_in_org(&self) -> bool {
        self.org.is_some()
    }

    pub(crate) fn to(self, target: &impl ToString) -> Self {
        Self { target: target.to_string(), ..self }
    }

    pub(crate) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    pub(crate) fn from(self, from: &Origin) -> Self {
        Self { from: from.clone(), ..self }
    }

    pub(crate) fn entry(self, platform: &Platform) -> AuditEntry {
        AuditEntry {
            id: platform.ids.next(),
            org_id: self.org,
            at: platform.clock.now(),
            actor: self.actor,
            action: self.action.to_owned(),
            decision: self.decision,
            target: self.target,
            details: self.details,
            request_id: self.from.request_id,
            ip: self.from.ip,
        }
    }
}
