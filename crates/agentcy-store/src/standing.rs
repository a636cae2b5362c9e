//! Reads back the columns that members, keys and invitations share: role and realms.

use agentcy_core::{Realms, Role};

use crate::{Error, Result};

pub(crate) fn role(table: &'static str, id: impl ToString, text: &str) -> Result<Role> {
    text.parse().map_err(|error| Error::corrupt(table, id, error))
}

pub(crate) fn realms(table: &'static str, id: impl ToString, slugs: &[String]) -> Result<Realms> {
    Realms::from_slugs(slugs).map_err(|error| Error::corrupt(table, id, error))
}
