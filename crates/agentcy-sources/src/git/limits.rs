//! How much a server may send, and how long it may take.

use std::time::Duration;

/// The bounds of one clone or fetch, and of the objects of any repository.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest pack that is taken.
    pub pack_bytes: u64,
    /// The largest list of branches and tags that is taken.
    pub list_bytes: u64,
    /// The most memory that one object may take. It bounds the number of objects of a pack too:
    /// their list is made at once.
    pub object_bytes: usize,
    /// How long a server may be silent.
    pub idle: Duration,
    /// How long all of it may take.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pack_bytes: 2 << 30,
            list_bytes: 64 << 20,
            object_bytes: 256 << 20,
            idle: Duration::from_mins(1),
            total: Duration::from_mins(30),
        }
    }
}
