//! Values for the examples of the document.

use agentcy_core::{Timestamp, id::Id};
use chrono::DateTime;
use uuid::Uuid;

/// An id that looks like one.
pub(crate) fn id<T: Id>() -> T {
    T::from(Uuid::from_u128(0x0197_6b4e_7c00_7000_8000_0000_0000_0000))
}

/// A moment.
pub(crate) fn time() -> Timestamp {
    DateTime::from_timestamp(1_767_258_000, 0).unwrap_or_default()
}

/// A realm that every org has.
pub(crate) fn realm() -> agentcy_core::Realm {
    let [_, development, ..] = agentcy_core::Realm::built_in();
    development
}

/// Properties.
pub(crate) fn map(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}
