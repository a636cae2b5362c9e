//! External ids that connectors put together.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The longest external id and key.
pub(crate) const MAX_ID: usize = 1024;

/// An id that no other parts give.
pub(crate) fn joined(parts: &[&str]) -> String {
    let id = Value::from(parts).to_string();
    if id.len() <= MAX_ID { id } else { format!("sha256:{}", hex::encode(Sha256::digest(id))) }
}
