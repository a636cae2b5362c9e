//! The secrets of a source: what is sent, what is kept, what is shown.

use std::collections::BTreeMap;

use agentcy_core::{
    ErrorCode,
    id::{OrgId, SourceId},
    secret::{is_mask, mask},
};
use agentcy_sources::{Connector, Credentials};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{Change, Error, Result, Sealer, error::Faults, seal::Cell};

/// What somebody sent: a mask means unchanged, nothing means removed.
pub type GivenCredentials = BTreeMap<String, Option<SecretString>>;

const MOST: usize = 32;
const MAX_NAME: usize = 200;
const MAX_SECRET: usize = 16 * 1024;

/// Refuses what no credential can be, whatever the connector.
pub(super) fn check(given: &GivenCredentials, faults: &mut Faults) {
    faults.require(given.len() <= MOST, "credentials", "at most 32");
    for (name, secret) in given.iter().take(MOST) {
        let path = || format!("credentials.{}", name.chars().take(40).collect::<String>());
        faults.require((1..=MAX_NAME).contains(&name.len()), path(), "a name of 1 to 200 bytes");
        let length = secret.as_ref().map_or(1, |secret| secret.expose_secret().len());
        faults.require((1..=MAX_SECRET).contains(&length), path(), "1 to 16384 bytes");
    }
}

/// What the credentials are after a change. Stored ones stay only with the destination they were given for.
///
/// Errors: `credentials_required` when the destination changed without all of them, or a mask came for nothing.
pub(super) fn merge(
    stored: Credentials,
    given: Change<GivenCredentials>,
    is_same_place: bool,
) -> Result<Credentials> {
    let required = |message: String| Err(Error::refused(ErrorCode::CredentialsRequired, message));
    let given = match given {
        Change::Keep => BTreeMap::new(),
        Change::Clear => return Ok(Credentials::new()),
        Change::Set(given) => given,
    };
    let mut merged = stored;
    let mut fresh = Vec::new();
    for (name, secret) in given {
        match secret {
            None => drop(merged.remove(&name)),
            Some(secret) if is_mask(secret.expose_secret()) => {
                if !merged.contains_key(&name) {
                    return required(format!("no {name} is stored that could stay; send it"));
                }
            }
            Some(secret) => {
                merged.insert(name.clone(), secret);
                fresh.push(name);
            }
        }
    }
    if !is_same_place && let Some(stale) = merged.keys().find(|name| !fresh.contains(name)) {
        return required(format!("the destination changed; send {stale} too, or null"));
    }
    Ok(merged)
}

/// Whether a config sends credentials where the config before sent them.
pub(super) fn is_same_place(connector: &dyn Connector, before: &Value, after: &Value) -> bool {
    connector.destinations().iter().all(|field| before.get(field) == after.get(field))
}

/// As clients see them.
pub(super) fn masked(credentials: &Credentials) -> BTreeMap<String, String> {
    credentials.iter().map(|(name, secret)| (name.clone(), mask(secret.expose_secret()))).collect()
}

/// As the database keeps them; nothing when there are none.
pub(super) fn seal(
    sealer: &Sealer,
    org: OrgId,
    source: SourceId,
    credentials: &Credentials,
) -> Result<Option<Vec<u8>>> {
    if credentials.is_empty() {
        return Ok(None);
    }
    let open: BTreeMap<&str, &str> =
        credentials.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
    let bytes = serde_json::to_vec(&open)
        .map_err(|error| Error::internal("credentials cannot be written", error))?;
    sealer.seal(Cell::credentials(org, &source.to_string()), &bytes).map(Some)
}

/// The secrets themselves.
pub(crate) fn open(
    sealer: &Sealer,
    org: OrgId,
    source: SourceId,
    kept: Option<&[u8]>,
) -> Result<Credentials> {
    let Some(kept) = kept else { return Ok(Credentials::new()) };
    let bytes = sealer.open(Cell::credentials(org, &source.to_string()), kept)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::internal("stored credentials do not read", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Credentials {
        [("token".to_owned(), "0123456789abcdef".into())].into()
    }

    fn given(name: &str, secret: Option<&str>) -> Change<GivenCredentials> {
        Change::Set([(name.to_owned(), secret.map(SecretString::from))].into())
    }

    fn names(credentials: &Credentials) -> Vec<(String, String)> {
        let pair = |(name, secret): (&String, &SecretString)| {
            (name.clone(), secret.expose_secret().to_owned())
        };
        credentials.iter().map(pair).collect()
    }

    #[test]
    fn a_mask_that_comes_back_changes_nothing() {
        let shown = masked(&stored());
        assert_eq!(shown["token"], "****cdef");
        let merged = merge(stored(), given("token", Some(&shown["token"])), true).unwrap();
        assert_eq!(names(&merged), names(&stored()));
    }

    #[test]
    fn a_secret_does_not_go_where_it_was_not_sent_for() {
        for keeping in [Change::Keep, given("token", Some("****cdef")), given("other", Some("x"))] {
            let refused = merge(stored(), keeping, false).unwrap_err();
            assert_eq!(refused.code(), Some(ErrorCode::CredentialsRequired));
        }
        let anew = merge(stored(), given("token", Some("fresh")), false).unwrap();
        assert_eq!(names(&anew), [("token".to_owned(), "fresh".to_owned())]);
        assert!(merge(stored(), given("token", None), false).unwrap().is_empty());
        assert!(merge(stored(), Change::Clear, false).unwrap().is_empty());
    }

    #[test]
    fn a_mask_for_nothing_is_refused() {
        let refused = merge(Credentials::new(), given("token", Some("****")), true).unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::CredentialsRequired));
    }
}
