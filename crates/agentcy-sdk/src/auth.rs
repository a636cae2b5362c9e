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
    pub role: Role,
    /// The org.
    pub org_id: String,
}

/// Who asks, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Me {
    /// The person or the API key.
    pub principal: String,
    /// The person; none behind an API key.
    pub user: Option<Person>,
    /// The org.
    pub org: Org,
    /// What they are there.
    pub role: Role,
    /// The realms they see; `*` is every one.
    #[serde(default)]
    pub realms: Vec<String>,
    /// Whether they administer the platform.
    #[serde(default)]
    pub platform_admin: bool,
    /// What they showed.
    pub credential: Option<Credential>,
    /// When that runs out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    #[serde(default)]
    pub name: String,
}

/// An org.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Org {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
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

/// What sign-in the server offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AuthConfig {
    /// Whether e-mail and password are taken.
    #[serde(default)]
    pub password: bool,
    /// Who may register: `closed`, `invite` or `open`.
    #[serde(default)]
    pub registration: String,
    /// The OpenID Connect issuer whose tokens are taken, if any.
    pub oidc_issuer: Option<String>,
    /// Whether the default password is still in force.
    #[serde(default)]
    pub default_login: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<&'a str>,
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
    /// Signs in to the org that was joined first. The token is in the answer; this client stays as it is.
    pub async fn login(&self, email: &str, password: &SecretString) -> Result<Session, Error> {
        self.sign_in(email, password, None).await
    }

    /// Signs in to one of several orgs.
    pub async fn login_to(
        &self,
        org_id: &str,
        email: &str,
        password: &SecretString,
    ) -> Result<Session, Error> {
        self.sign_in(email, password, Some(org_id)).await
    }

    async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        org_id: Option<&str>,
    ) -> Result<Session, Error> {
        let login = Login { email, password: password.expose_secret(), org_id };
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
