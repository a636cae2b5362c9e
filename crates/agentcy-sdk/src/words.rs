//! Words that several bodies share. A word that this version does not know is kept as `Other`.

use serde::{Deserialize, Serialize};

/// What a member or an API key is in an org, the weakest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Reads, and chats with tools that only read.
    Viewer,
    /// Makes and changes things.
    Member,
    /// Manages people, keys and settings.
    Admin,
    /// Everything.
    Owner,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl Role {
    /// The name as the API writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::Other(name) => name,
        }
    }
}

/// What a caller showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Credential {
    /// The token of a session.
    Session,
    /// The same session, in the cookie of the UI.
    Cookie,
    /// An API key.
    ApiKey,
    /// A token of an OpenID Connect issuer.
    Oidc,
    /// A ticket for one request.
    Ticket,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

/// What a tool may do without asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApprovalDefault {
    /// It runs, unless the run has read untrusted text.
    Allow,
    /// A person decides.
    Approve,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

/// What tools may do without asking, by their effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDefaults {
    /// For tools that only read.
    pub read: ApprovalDefault,
    /// For tools that write.
    pub write: ApprovalDefault,
    /// For tools that destroy.
    pub destructive: ApprovalDefault,
}

/// What running a tool changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Effect {
    /// Nothing.
    Read,
    /// Something that can be changed back.
    Write,
    /// Something that is gone afterwards.
    Destructive,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}
