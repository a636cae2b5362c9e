//! Who calls, and the proof that they may do what they are about to do.

use std::{fmt, net::IpAddr};

use crate::{
    Action, Realms, Role, Timestamp,
    id::{KeyId, OrgId, SessionId, TaskId, UserId},
};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person.
    User(UserId),
    /// An API key.
    Key(KeyId),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
        }
    }
}

/// What was shown to prove who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A token of a session of ours, in a header.
    Session(SessionId),
    /// The same session, in the cookie of the UI.
    Cookie(SessionId),
    /// An API key.
    ApiKey,
    /// A token of the configured OpenID Connect issuer.
    Oidc,
    /// A single-use ticket in the query.
    Ticket,
}

impl Credential {
    /// The kind as `/auth/me` says it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Cookie(_) => "cookie",
            Self::ApiKey => "api_key",
            Self::Oidc => "oidc",
            Self::Ticket => "ticket",
        }
    }

    /// The session, where there is one.
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) | Self::Cookie(id) => Some(id),
            Self::ApiKey | Self::Oidc | Self::Ticket => None,
        }
    }
}

/// Somebody whose credential was checked. What they may do is asked for with `permit`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The org they act in.
    pub org_id: OrgId,
    /// Who they are.
    pub principal: Principal,
    /// Their present role in the org.
    pub role: Role,
    /// The realms they see.
    pub realms: Realms,
    /// What they showed.
    pub credential: Credential,
    /// When that runs out.
    pub expires_at: Option<Timestamp>,
    /// Whether an API key of theirs may decide approvals; a person always may.
    pub can_approve: bool,
    /// Whether they administer the platform.
    pub platform_admin: bool,
    /// The request, for audit and logs.
    pub request_id: String,
    /// Where the request came from.
    pub ip: Option<IpAddr>,
    /// The tasks that led to this, the first one first; none where a person or a program asks by themselves.
    pub causes: Vec<TaskId>,
}

/// Opens what lies before or beside an org: look-ups of a login, a key, a session, the sequencer.
///
/// The composition root makes one and hands it to the few that need it. The store's list of what
/// it opens is closed.
#[derive(Debug, Clone)]
pub struct System(());

impl System {
    /// Makes the token. Only the binary and the test kit call this, which a lint checks.
    pub const fn establish() -> Self {
        Self(())
    }
}

/// The proof that a caller was permitted an action. Only this opens the stores of an org.
#[derive(Debug, Clone)]
pub struct By {
    caller: Caller,
    action: Action,
}

impl By {
    /// Made by `permit` once the role table and the policies agree.
    pub fn granted(_: &System, caller: &Caller, action: Action) -> Self {
        Self { caller: caller.clone(), action }
    }

    /// The org whose rows may be touched.
    pub const fn org_id(&self) -> OrgId {
        self.caller.org_id
    }

    /// The realms whose things may be seen.
    pub const fn realms(&self) -> &Realms {
        &self.caller.realms
    }

    /// What was permitted.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Who was permitted.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }
}
