//! The person who asks, and the members of the org.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Client, Error, List, Role};

/// A person with their orgs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// Their id.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    #[serde(default)]
    pub name: String,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// What the UI keeps for them.
    #[serde(default)]
    pub preferences: BTreeMap<String, Value>,
    /// When they came.
    pub created_at: Option<DateTime<Utc>>,
    /// What they are where.
    #[serde(default)]
    pub memberships: Vec<Membership>,
}

/// What a person is in an org.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Membership {
    /// The org.
    pub org_id: String,
    /// Its name.
    #[serde(default)]
    pub org_name: String,
    /// What they are there.
    pub role: Role,
    /// The realms they see there; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// When they joined.
    pub joined_at: Option<DateTime<Utc>>,
}

/// What to change of oneself; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProfileUpdate {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the picture is; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Option<String>>,
    /// What the UI keeps; replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<BTreeMap<String, Value>>,
}

/// A member of the org.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Their id.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    #[serde(default)]
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The realms they see; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// Whether they are shut out.
    #[serde(default)]
    pub disabled: bool,
    /// Since when.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When a session of theirs was last used.
    pub last_active_at: Option<DateTime<Utc>>,
    /// When they joined.
    pub joined_at: Option<DateTime<Utc>>,
}

/// What to change of a member; what is none stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MemberUpdate {
    /// What they shall be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they shall be shut out, which ends their sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// The realms they shall see; `*` alone is every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realms: Option<Vec<String>>,
}

#[derive(Serialize)]
struct PasswordChange<'a> {
    old_password: &'a str,
    new_password: &'a str,
}

impl Client {
    /// Who asks, with their orgs. Not for API keys.
    pub async fn profile(&self) -> Result<Profile, Error> {
        self.get(&["users", "me"]).read().await
    }

    /// Changes the profile of who asks.
    pub async fn update_profile(&self, change: &ProfileUpdate) -> Result<Profile, Error> {
        self.patch(&["users", "me"]).json(change).read().await
    }

    /// Changes the password of who asks, which ends their other sessions.
    pub async fn change_password(
        &self,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), Error> {
        let body =
            PasswordChange { old_password: old.expose_secret(), new_password: new.expose_secret() };
        self.put(&["users", "me", "password"]).json(&body).done().await
    }

    /// The members of the org.
    pub fn users(&self) -> List<Member> {
        List::new(self, &["users"])
    }

    /// Changes a member.
    pub async fn update_user(&self, user_id: &str, change: &MemberUpdate) -> Result<Member, Error> {
        self.patch(&["users", user_id]).json(change).read().await
    }

    /// Removes a member from the org.
    pub async fn remove_user(&self, user_id: &str) -> Result<(), Error> {
        self.delete(&["users", user_id]).done().await
    }
}

impl List<Member> {
    /// Only those whose name or e-mail holds this.
    pub fn search(self, text: &str) -> Self {
        self.with("q", text.to_owned())
    }
}
