//! Columns that hold JSON, or one name of a closed list.

use std::{fmt::Display, str::FromStr};

use agentcy_core::{Realm, Realms};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, Result};

/// The value of a JSON column.
pub(crate) fn json<T: DeserializeOwned>(
    table: &'static str,
    id: impl ToString,
    value: Value,
) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::corrupt(table, id, error))
}

/// What a JSON column is given.
pub(crate) fn to_json(
    table: &'static str,
    id: impl ToString,
    value: &impl Serialize,
) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::corrupt(table, id, error))
}

/// The value of a column that holds a name.
pub(crate) fn name<T: FromStr<Err: Display>>(
    table: &'static str,
    id: impl ToString,
    text: &str,
) -> Result<T> {
    text.parse().map_err(|error: T::Err| Error::corrupt(table, id, error))
}

/// The realm of a row that may lie in none.
pub(crate) fn realm(
    table: &'static str,
    id: impl ToString,
    text: Option<String>,
) -> Result<Option<Realm>> {
    text.map(|text| name(table, id, &text)).transpose()
}

/// Realms as a filter: none for all of them.
pub(crate) fn slugs(realms: &Realms) -> Option<Vec<String>> {
    matches!(realms, Realms::Only(_)).then(|| realms.to_slugs())
}
