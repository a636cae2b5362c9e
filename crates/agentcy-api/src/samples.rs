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
