//! Locks that end by themselves when their owner is gone.

use std::time::Duration;

use bytes::Bytes;

use crate::{Bus, Key, Result};

/// A lock that is held. It ends when it is released, or with its time; dropping it alone does not end it.
///
/// A lock on the bus keeps others from doing the same work twice. It is no fence: what must not be
/// done by a late owner is guarded where it is written.
#[derive(Debug)]
#[must_use = "the lock is held until it is released or its time is over"]
pub struct Guard {
    pub(crate) bus: Bus,
    pub(crate) key: Key,
    pub(crate) token: Bytes,
}

impl Guard {
    /// Gives the lock back; false if it was no longer this owner's.
    pub async fn release(self) -> Result<bool> {
        self.bus.unlock(&self.key, &self.token).await
    }

    /// Holds the lock for this long from now on; false if it is no longer this owner's.
    pub async fn extend(&self, ttl: Duration) -> Result<bool> {
        self.bus.relock(&self.key, &self.token, ttl).await
    }
}
