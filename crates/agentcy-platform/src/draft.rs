//! An effect that is ready but not yet durable, so that the answer to it can be kept in the same transaction.

use std::fmt;

use agentcy_core::By;
use agentcy_store::Tx;

use crate::{Platform, Result, idempotency::Slot};

/// What a client is answered, as it goes over the wire.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where the new thing is.
    pub location: Option<String>,
    /// The body, JSON.
    pub body: String,
}

// The body may hold the secret of a new key.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A made thing whose transaction is still open. Nothing of it happened until [`Draft::commit`].
#[must_use = "nothing happened until it is committed"]
pub struct Draft<T> {
    value: T,
    tx: Tx,
    by: By,
    platform: Platform,
}

impl<T> Draft<T> {
    pub(crate) fn new(platform: &Platform, by: By, tx: Tx, value: T) -> Self {
        Self { value, tx, by, platform: platform.clone() }
    }

    /// What was made.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<T> {
        self.tx.commit().await?;
        // A rotated key is worth less from now on; for anything else a forgotten look costs one query.
        self.platform.auth.forget_standings();
        Ok(self.value)
    }

    /// Makes it durable together with the answer that a repeat of the request shall get.
    pub async fn commit_with(mut self, slot: &Slot, answer: &Answer) -> Result<T> {
        self.platform.keep_in(&mut self.tx, &self.by, slot, answer).await?;
        self.commit().await
    }
}
