//! Coming in, staying in, going out.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Client, Credential, Error, Role};

/// A session that began or goes on.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// What to give to [`Client::with_token`].
    pub token: SecretString,
    /// When the token runs out.
    pub expires_at: DateTime<Utc>,
    /// Whose it is.
    pub user: SessionUser,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SessionUser {
    /// Their id.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    #[serde(default)]
    pub name: String,
    /// What they are in the org.
    pub role: Option<Role>,
    /// The org.
    pub org_id: Option<String>,
}

/// Who asks, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Me {
    /// The person; none behind an API key.
    pub user: Option<SessionUser>,
    /// The org.
    pub org_id: String,
    /// What they are there.
    pub role: Role,
    /// The realms they see; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// What they showed.
    pub credential: Option<Credential>,
    /// When that runs out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How a new person comes in.
#[derive(Clone)]
pub struct Registration {
    /// Their e-mail.
    pub email: String,
    /// Their password.
    pub password: SecretString,
    /// Their name.
    pub name: String,
    /// What lets them into an org that is there.
    pub invite_token: Option<SecretString>,
    /// The name of an org of their own, where the server lets everybody in.
    pub org_name: Option<String>,
}

/// What sign-in the server offers. Everything that a newer one says is in `more`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AuthConfig {
    /// `closed`, `invite` or `open`.
    pub registration: Option<String>,
    /// The rest of the answer.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// What stands for a token in one request that cannot send headers.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The value of `?token=`; good once.
    pub ticket: SecretString,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Login<'a> {
    email: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
struct Register<'a> {
    email: &'a str,
    password: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'a str>,
}

#[derive(Serialize)]
struct TicketFor<'a> {
    path: &'a str,
}

impl Client {
    /// Signs in. The token is in the answer; this client stays as it is.
    pub async fn login(&self, email: &str, password: &SecretString) -> Result<Session, Error> {
        let login = Login { email, password: password.expose_secret() };
        self.post(&["auth", "login"]).anonymous().json(&login).read().await
    }

    /// Makes an account, and signs in.
    pub async fn register(&self, new: &Registration) -> Result<Session, Error> {
        let body = Register {
            email: &new.email,
            password: new.password.expose_secret(),
            name: &new.name,
            invite_token: new.invite_token.as_ref().map(ExposeSecret::expose_secret),
            org_name: new.org_name.as_deref(),
        };
        self.post(&["auth", "register"]).anonymous().json(&body).read().await
    }

    /// A new token for the session; the one before is worth nothing from then on.
    pub async fn refresh(&self) -> Result<Session, Error> {
        self.post(&["auth", "refresh"]).read().await
    }

    /// Ends the session at once.
    pub async fn logout(&self) -> Result<(), Error> {
        self.post(&["auth", "logout"]).done().await
    }

    /// A ticket for one request to a path such as `/api/v1/chat/conversations/conv_…/stream`.
    pub async fn ticket(&self, path: &str) -> Result<Ticket, Error> {
        self.post(&["auth", "ticket"]).json(&TicketFor { path }).read().await
    }

    /// Who asks, and with which rights.
    pub async fn me(&self) -> Result<Me, Error> {
        self.get(&["auth", "me"]).read().await
    }

    /// What sign-in the server offers. Needs no token.
    pub async fn auth_config(&self) -> Result<AuthConfig, Error> {
        self.get(&["auth", "config"]).anonymous().read().await
    }
}
