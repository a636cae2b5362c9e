//! What somebody may know of themselves, and what a sign-in page must know.

use agentcy_core::{
    Action, Caller, Principal, Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use agentcy_store::{orgs, users};

use super::default_login_in_force;
use crate::{Error, Platform, Result, setup::Registration};

/// Who asked.
#[derive(Debug, Clone)]
pub struct Me {
    /// The person or the key.
    pub principal: Principal,
    /// The person, where it is one.
    pub user: Option<Person>,
    /// The org they act in.
    pub org_id: OrgId,
    /// Its name.
    pub org_name: String,
    /// Their present role there.
    pub role: Role,
    /// The realms they see.
    pub realms: Realms,
    /// Whether they administer the platform.
    pub platform_admin: bool,
    /// The kind of credential: `session`, `cookie`, `api_key`, `oidc` or `ticket`.
    pub credential: &'static str,
    /// When that runs out.
    pub expires_at: Option<Timestamp>,
}

/// A person, for themselves.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    pub name: String,
}

/// Tells callers who they are.
pub async fn me(platform: &Platform, caller: &Caller) -> Result<Me> {
    let by = platform.permit(caller, Action::SessionRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let org = orgs::find(&mut reader).await?.ok_or_else(Error::unauthenticated)?;
    let user = match caller.principal {
        Principal::User(id) => {
            let profile = users::find(&mut reader, id).await?.ok_or_else(Error::unauthenticated)?;
            Some(Person { id, email: profile.email, name: profile.name })
        }
        Principal::Key(_) => None,
    };
    Ok(Me {
        principal: caller.principal,
        user,
        org_id: org.id,
        org_name: org.name,
        role: caller.role,
        realms: caller.realms.clone(),
        platform_admin: caller.platform_admin,
        credential: caller.credential.kind(),
        expires_at: caller.expires_at,
    })
}

/// What sign-in the UI shall offer.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Whether people sign in by password; they always may.
    pub password: bool,
    /// Who may register.
    pub registration: Registration,
    /// The issuer whose tokens are taken as well.
    pub oidc_issuer: Option<String>,
    /// Whether the first start's password is still in force.
    pub default_login: bool,
}

/// Tells anybody how to sign in. Public.
pub fn auth_config(platform: &Platform) -> AuthConfig {
    let setup = &platform.setup.auth;
    AuthConfig {
        password: true,
        registration: setup.registration,
        oidc_issuer: setup.oidc.as_ref().map(|oidc| oidc.issuer.clone()),
        default_login: default_login_in_force(platform),
    }
}
