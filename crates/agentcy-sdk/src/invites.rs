//! Invitations into the org.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Client, Error, List, Role};

/// An open invitation, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Invite {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// The realms they will see; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// Who invited.
    pub invited_by: Option<String>,
    /// When.
    pub created_at: Option<DateTime<Utc>>,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// An invitation with its token, which is never shown again.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct IssuedInvite {
    /// What lets its holder in.
    pub token: SecretString,
    /// The invitation.
    #[serde(flatten)]
    pub invite: Invite,
}

/// An invitation to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewInvite {
    /// Whom it is for.
    pub email: String,
    /// What they will be; not more than who invites.
    pub role: Role,
    /// The realms they will see; those of who invites unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realms: Option<Vec<String>>,
    /// How long it is good; seven days unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_secs: Option<u32>,
}

impl NewInvite {
    /// An invitation to this role, and nothing else said.
    pub fn new(email: impl Into<String>, role: Role) -> Self {
        Self { email: email.into(), role, realms: None, expires_in_secs: None }
    }
}

impl Client {
    /// The open invitations.
    pub fn invites(&self) -> List<Invite> {
        List::new(self, &["platform", "invites"])
    }

    /// Invites somebody.
    pub async fn create_invite(&self, new: &NewInvite) -> Result<IssuedInvite, Error> {
        self.create(&["platform", "invites"]).json(new).read().await
    }

    /// Withdraws an invitation.
    pub async fn revoke_invite(&self, invite_id: &str) -> Result<(), Error> {
        self.delete(&["platform", "invites", invite_id]).done().await
    }
}
