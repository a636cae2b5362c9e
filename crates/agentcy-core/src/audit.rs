//! What is kept of who did what.

use std::net::IpAddr;

use serde_json::Value;

use crate::{
    By, Timestamp,
    id::{AuditId, OrgId},
};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It was done.
    Allowed,
    /// It was refused.
    Denied,
}

impl Decision {
    /// The name as the database keeps it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }
}

/// One audit row, before the sequencer numbers it.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// The org; none for what happens before an org is known, such as a refused login.
    pub org_id: Option<OrgId>,
    /// When.
    pub at: Timestamp,
    /// Who, as an id, or a name such as `system` or `anonymous`.
    pub actor: String,
    /// What, such as `api_key.create`.
    pub action: String,
    /// How it ended.
    pub decision: Decision,
    /// What it was done to, as an id or a name; empty when it is the org.
    pub target: String,
    /// More, without secrets.
    pub details: Value,
    /// The request.
    pub request_id: String,
    /// Where it came from.
    pub ip: Option<IpAddr>,
}

impl AuditEntry {
    /// The row for an action that its permitted caller just did.
    pub fn done(id: AuditId, at: Timestamp, by: &By, target: String, details: Value) -> Self {
        let caller = by.caller();
        Self {
            id,
            org_id: Some(caller.org_id),
            at,
            actor: caller.principal.to_string(),
            action: by.action().name().to_owned(),
            decision: Decision::Allowed,
            target,
            details,
            request_id: caller.request_id.clone(),
            ip: caller.ip,
        }
    }
}
