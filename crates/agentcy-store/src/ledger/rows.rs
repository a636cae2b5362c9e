//! Columns of the ledger as the model has them.

use agentcy_core::Realms;
use serde_json::{Map, Value};
use sqlx::types::Uuid;

use super::{Asserter, Provenance, SourceRef, text};
use crate::{Error, Result};

/// The realms as a parameter: null stands for all.
pub(super) fn slugs(realms: &Realms) -> Option<Vec<String>> {
    match realms {
        Realms::All => None,
        Realms::Only(_) => Some(realms.to_slugs()),
    }
}

pub(super) fn uuids<T: Copy + Into<Uuid>>(ids: &[T]) -> Vec<Uuid> {
    ids.iter().map(|id| (*id).into()).collect()
}

/// Names as the tables keep them.
pub(super) fn kept(names: &[String]) -> Vec<String> {
    names.iter().map(|name| text::escape(name).into_owned()).collect()
}

pub(super) fn labels(kept: Vec<String>) -> Vec<String> {
    kept.into_iter().map(text::unescape).collect()
}

/// Reads columns of one row and says which of them is not as it should be.
pub(super) struct Columns {
    pub(super) table: &'static str,
    pub(super) id: Uuid,
}

impl Columns {
    pub(super) fn corrupt(&self, what: &'static str) -> Error {
        Error::corrupt(self.table, self.id, what)
    }

    pub(super) fn parse<T: std::str::FromStr>(&self, what: &'static str, text: &str) -> Result<T> {
        text.parse().map_err(|_| self.corrupt(what))
    }

    pub(super) fn required<T>(&self, what: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.corrupt(what))
    }

    pub(super) fn properties(&self, value: Value) -> Result<Map<String, Value>> {
        match value {
            Value::Object(map) => Ok(text::unescape_map(map)),
            _ => Err(self.corrupt("properties")),
        }
    }

    pub(super) fn asserter(&self, kind: &str, id: Uuid) -> Result<Asserter> {
        self.required("asserter_kind", Asserter::from_row(kind, id))
    }

    pub(super) fn sources(&self, value: &Value) -> Result<Vec<SourceRef>> {
        let list = self.required("sources", value.as_array())?;
        let source = |item: &Value| {
            let id: Uuid = item.get("source_id")?.as_str()?.parse().ok()?;
            let external_id = text::unescape(item.get("external_id")?.as_str()?.to_owned());
            Some(SourceRef { source_id: id.into(), external_id })
        };
        list.iter().map(|item| self.required("sources", source(item))).collect()
    }

    pub(super) fn provenance(&self, value: Value) -> Result<Provenance> {
        let Value::Object(map) = value else { return Err(self.corrupt("provenance")) };
        let asserter = |value: &Value| {
            let id: Uuid = value.get("id")?.as_str()?.parse().ok()?;
            Asserter::from_row(value.get("asserter")?.as_str()?, id)
        };
        map.into_iter()
            .map(|(name, value)| {
                Ok((text::unescape(name), self.required("provenance", asserter(&value))?))
            })
            .collect()
    }
}
