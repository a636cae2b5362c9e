//! What a caller may hand on to others: never more than they have.

use agentcy_core::{By, Principal, Realms, Role, id::UserId};

use crate::{Error, Platform, Result};

pub(crate) const ROLE_ABOVE: &str = "nobody gives a role above their own";
pub(crate) const REALMS_BEYOND: &str = "nobody gives realms they do not have";

impl Platform {
    /// Whether the caller may give this role and these realms to somebody or something.
    ///
    /// Judged before the realms are looked up, so that a realm outside the caller's answers as an unknown one does.
    pub(crate) async fn permit_to_give(&self, by: &By, role: Role, realms: &Realms) -> Result<()> {
        self.permit_on(by, role <= by.caller().role, ROLE_ABOVE).await?;
        self.permit_on(by, by.realms().covers(realms), REALMS_BEYOND).await
    }

    /// A denial with its audit row. That is written on a connection of its own, so no transaction may be open.
    pub(crate) async fn deny<T>(&self, by: &By, reason: &'static str) -> Result<T> {
        self.permit_on(by, false, reason).await?;
        Err(Error::insufficient_role(reason))
    }
}

/// The person who acts. The role table keeps keys out of what asks for one.
pub(crate) fn person(by: &By) -> Result<UserId> {
    match by.caller().principal {
        Principal::User(id) => Ok(id),
        Principal::Key(_) => Err(Error::insufficient_role("only a person can do this")),
    }
}
