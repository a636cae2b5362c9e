//! Registration: by invitation into an org, or into an org of one's own.

use agentcy_core::{
    Realms, Role,
    id::{OrgId, UserId},
};
use agentcy_store::{
    OnConstraint, SystemTx, audit,
    system::{
        founding::{self, NewUser, WayIn},
        invites::{self, Invitation},
        login::{Account, Place},
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    email,
    log::{Line, Origin},
    password::objection,
    secret::digest,
    session::{self, Kind, Session},
    throttle,
};
use crate::{
    Error, Platform, Result,
    error::Faults,
    setup::Registration,
    text::{NAME_RULE, is_name},
};

/// Who wants to be known.
#[derive(Debug)]
pub struct NewAccount {
    /// Their e-mail.
    pub email: String,
    /// The password they want.
    pub password: SecretString,
    /// What they are called.
    pub name: String,
    /// The token of their invitation.
    pub invite_token: Option<SecretString>,
    /// What their own org shall be called.
    pub org_name: Option<String>,
    /// Where the token of their first session shall live.
    pub kind: Kind,
}

/// Registers somebody and signs them in.
///
/// Errors: `insufficient_role` when registration is closed or by invitation alone, `invalid`, `taken("email")`, `rate_limited`.
pub async fn register(platform: &Platform, new: NewAccount, from: &Origin) -> Result<Session> {
    throttle::address(platform, from.ip).await?;
    let door = door(platform.setup.auth.registration, &new)?;
    let new = check(new)?;
    let invitation = match &door {
        Door::Invited(token) => Some(invited(platform, token, &new, from).await?),
        Door::Founder(_) => None,
    };
    let hash = platform.auth.passwords.hash(&new.password).await?;
    let now = platform.clock.now();
    let account = Account {
        id: platform.ids.next(),
        email: new.email,
        name: new.name,
        password_hash: Some(hash.clone()),
        platform_admin: false,
    };
    let mut tx = platform.db.system(&platform.system).await?;
    let user = NewUser {
        id: account.id,
        email: account.email.clone(),
        name: account.name.clone(),
        way_in: WayIn::Password(hash),
        platform_admin: false,
        at: now,
    };
    founding::insert_user(&mut tx, &user)
        .await
        .on_constraint("user_email_key", || Error::taken("email"))?;
    let place = match (door, invitation) {
        (Door::Founder(org_name), _) => found(platform, &mut tx, &org_name, account.id).await?,
        (Door::Invited(_), Some(invitation)) => {
            accept(platform, &mut tx, invitation, account.id).await?
        }
        (Door::Invited(_), None) => return Err(no_such_invitation()),
    };
    let line = Line::of("user.register", &account.id)
        .at(Some(place.org_id))
        .with(json!({ "role": place.role }))
        .from(from);
    audit::record_system(&mut tx, &line.entry(platform)).await?;
    let session = session::begin(platform, &mut tx, &account, &place, new.kind, from).await?;
    tx.commit().await?;
    Ok(session)
}

/// Through which door somebody comes.
enum Door {
    Invited(SecretString),
    Founder(String),
}

fn door(mode: Registration, new: &NewAccount) -> Result<Door> {
    match (mode, &new.invite_token, &new.org_name) {
        (Registration::Closed, _, _) => {
            Err(Error::insufficient_role("registration is closed here"))
        }
        (_, Some(_), Some(_)) => {
            Err(Error::invalid_field("org_name", "is not for who has an invite_token"))
        }
        (_, Some(token), None) => Ok(Door::Invited(token.clone())),
        (Registration::Open, None, Some(name)) => Ok(Door::Founder(name.trim().to_owned())),
        (Registration::Open, None, None) => {
            Err(Error::invalid_field("org_name", "is required without an invite_token"))
        }
        (Registration::Invite, None, _) => {
            Err(Error::insufficient_role("registration is by invitation: send the invite_token"))
        }
    }
}

fn check(mut new: NewAccount) -> Result<NewAccount> {
    let mut faults = Faults::default();
    let address = email::read(&new.email);
    faults.require(address.is_some(), "email", email::RULE);
    new.email = address.unwrap_or_default();
    if let Some(objection) = objection(&new.password, &new.email) {
        faults.require(false, "password", objection);
    }
    new.name = new.name.trim().to_owned();
    faults.require(is_name(&new.name), "name", NAME_RULE);
    let org_name = new.org_name.as_deref().map(str::trim);
    faults.require(org_name.is_none_or(is_name), "org_name", NAME_RULE);
    faults.into_result()?;
    Ok(new)
}

/// The invitation, if the token is good and the person is the one invited.
async fn invited(
    platform: &Platform,
    token: &SecretString,
    new: &NewAccount,
    from: &Origin,
) -> Result<Invitation> {
    let mut tx = platform.db.system(&platform.system).await?;
    let hash = digest(token.expose_secret());
    let found = invites::find(&mut tx, &hash, platform.clock.now()).await?;
    if let Some(invitation) = found.as_ref().filter(|it| email::same(&it.email, &new.email)) {
        tx.commit().await?;
        return Ok(invitation.clone());
    }
    let reason = if found.is_some() { "another e-mail was invited" } else { "unknown invitation" };
    let target = found.as_ref().map(|it| it.id.to_string()).unwrap_or_default();
    let line =
        Line::refused("user.register", &target, reason).at(found.map(|it| it.org_id)).from(from);
    let is_known = line.is_in_org();
    audit::record_system(&mut tx, &line.entry(platform)).await?;
    tx.commit().await?;
    throttle::failed(platform, from.ip).await?;
    if is_known {
        return Err(Error::invalid_field("email", "is not the one that was invited"));
    }
    Err(no_such_invitation())
}

fn no_such_invitation() -> Error {
    Error::invalid_field("invite_token", "is unknown, used or expired")
}

async fn accept(
    platform: &Platform,
    tx: &mut SystemTx,
    invitation: Invitation,
    user: UserId,
) -> Result<Place> {
    let now = platform.clock.now();
    if !invites::accept(tx, invitation.id, now).await? {
        return Err(no_such_invitation());
    }
    let Invitation { org_id, role, realms, .. } = invitation;
    founding::insert_membership(tx, org_id, user, role, &realms, now).await?;
    Ok(Place { org_id, role, realms, disabled: false, oidc_issuer: None })
}

/// Makes an org for its first owner.
pub(crate) async fn found(
    platform: &Platform,
    tx: &mut SystemTx,
    name: &str,
    owner: UserId,
) -> Result<Place> {
    let now = platform.clock.now();
    let org_id: OrgId = platform.ids.next();
    let (role, realms) = (Role::Owner, Realms::All);
    founding::insert_org(tx, org_id, name, now).await?;
    founding::insert_membership(tx, org_id, owner, role, &realms, now).await?;
    Ok(Place { org_id, role, realms, disabled: false, oidc_issuer: None })
}

#[cfg(test)]
mod tests {
    use agentcy_core::ErrorCode;

    use super::*;

    fn new(invite: Option<&str>, org: Option<&str>) -> NewAccount {
        NewAccount {
            email: " Ada@example.org ".into(),
            password: "correct horse battery".into(),
            name: "Ada".into(),
            invite_token: invite.map(Into::into),
            org_name: org.map(Into::into),
            kind: Kind::Bearer,
        }
    }

    fn code(mode: Registration, new: &NewAccount) -> Option<ErrorCode> {
        door(mode, new).err().and_then(|error| error.code())
    }

    #[test]
    fn each_mode_opens_its_own_doors() {
        use Registration::{Closed, Invite, Open};
        let (invited, founder) = (new(Some("t"), None), new(None, Some("Acme")));
        assert_eq!(code(Closed, &invited), Some(ErrorCode::InsufficientRole));
        assert_eq!(code(Closed, &founder), Some(ErrorCode::InsufficientRole));
        assert_eq!(code(Invite, &invited), None);
        assert_eq!(code(Invite, &founder), Some(ErrorCode::InsufficientRole));
        assert_eq!(code(Open, &invited), None);
        assert_eq!(code(Open, &founder), None);
        assert_eq!(code(Open, &new(None, None)), Some(ErrorCode::Invalid));
        assert_eq!(code(Open, &new(Some("t"), Some("Acme"))), Some(ErrorCode::Invalid));
    }

    #[test]
    fn all_faults_of_a_body_are_told_at_once() {
        assert_eq!(check(new(None, Some("Acme"))).unwrap().email, "Ada@example.org");
        let bad = NewAccount {
            email: "nobody".into(),
            password: "short".into(),
            name: " ".into(),
            ..new(None, Some("a\u{7}b"))
        };
        let Err(Error::Refused { fields, .. }) = check(bad) else { panic!("it passed") };
        let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["email", "password", "name", "org_name"]);
    }
}
