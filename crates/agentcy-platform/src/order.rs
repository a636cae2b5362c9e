//! The sequencer: numbers what is committed, so that a reader who resumes by number misses nothing.
//!
//! One process of all holds the lease; the others wait to take over.

use std::time::Duration;

use agentcy_bus::Key;
use agentcy_core::id::EventId;
use agentcy_store::{
    Error as StoreError,
    leases::{self, Fence},
    sequencer::{self, Advance},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{Platform, Result, wake::Bell};

/// How long the lease holds without being renewed.
const TTL: Duration = Duration::from_secs(10);
/// Renewed when this much of it is gone.
const RENEW: Duration = Duration::from_secs(3);
/// How long a turn is spent on waking readers: a bus that stands still holds up no number.
const WAKE: Duration = Duration::from_millis(250);
/// How many are woken at once.
const WAKE_AT_ONCE: usize = 16;

/// One process' claim to number.
#[derive(Debug)]
pub struct Sequencer {
    holder: Uuid,
    held: Option<(Fence, tokio::time::Instant)>,
}

/// What a turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Another process holds the lease.
    Waiting,
    /// Everything committed is numbered.
    Idle,
    /// More is there to number.
    More,
}

impl Sequencer {
    /// A claimant with an id of its own.
    pub fn new(platform: &Platform) -> Self {
        let id: EventId = platform.new_id();
        Self { holder: Uuid::from(id), held: None }
    }

    /// Numbers one batch, if the lease is ours, and wakes its readers.
    pub async fn turn(&mut self, platform: &Platform) -> Result<Turn> {
        let Some(fence) = self.hold(platform).await? else { return Ok(Turn::Waiting) };
        let mut tx = platform.db.system(&platform.system).await?;
        let batch = match sequencer::number(&mut tx, fence).await {
            Ok(batch) => batch,
            Err(StoreError::LeaseLost(_)) => {
                self.held = None;
                return Ok(Turn::Waiting);
            }
            Err(error) => return Err(error.into()),
        };
        if batch.advances.is_empty() {
            return Ok(Turn::Idle);
        }
        tx.commit().await?;
        if timeout(WAKE, wake(platform, &batch.advances)).await.is_err() {
            tracing::debug!("readers could not be woken in time");
        }
        Ok(if batch.more { Turn::More } else { Turn::Idle })
    }

    /// Gives the lease back, so that another process takes over at once.
    pub async fn release(&mut self, platform: &Platform) -> Result<()> {
        let Some((fence, _)) = self.held.take() else { return Ok(()) };
        let mut tx = platform.db.system(&platform.system).await?;
        leases::release(&mut tx, sequencer::LEASE, fence).await?;
        Ok(tx.commit().await?)
    }

    async fn hold(&mut self, platform: &Platform) -> Result<Option<Fence>> {
        if let Some((fence, since)) = self.held
            && since.elapsed() < RENEW
        {
            return Ok(Some(fence));
        }
        let since = tokio::time::Instant::now();
        let mut tx = platform.db.system(&platform.system).await?;
        let fence = leases::acquire(&mut tx, sequencer::LEASE, self.holder, TTL).await?;
        tx.commit().await?;
        self.held = fence.map(|fence| (fence, since));
        Ok(fence)
    }
}

/// A reader that is not woken finds the number when it next looks.
async fn wake(platform: &Platform, advances: &[Advance]) {
    if advances.iter().any(|advance| advance.topic == sequencer::FACTS) {
        platform.ring(Bell::Numbered).await;
    }
    let each = stream::iter(advances).for_each_concurrent(WAKE_AT_ONCE, |advance| async {
        let channel = Key::new(advance.org_id, format!("seq:{}", advance.topic));
        let number = Bytes::from(advance.last.to_string());
        if let Err(error) = platform.bus.publish(&channel, number).await {
            tracing::debug!(error = %error, "readers could not be woken");
        }
    });
    each.await;
}
