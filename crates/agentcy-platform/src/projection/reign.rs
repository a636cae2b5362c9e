//! The time during which this process leads, and what may have come after it.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agentcy_core::id::OrgId;
use agentcy_store::{
    Error as StoreError,
    leases::{self, Fence},
    system::projections::{self, LEASE},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{Platform, Result};

/// How long the lease holds without being renewed, unless a test says otherwise.
pub(super) const TTL: Duration = Duration::from_secs(10);

/// One holding of the lease.
#[derive(Debug)]
pub(super) struct Reign {
    pub(super) fence: Fence,
    ttl: Duration,
    /// When it was last known to be ours: before that was asked.
    kept: Mutex<Instant>,
    over: AtomicBool,
    /// Orgs to whose graph something was written when it may have been somebody else's turn.
    late: Mutex<Vec<OrgId>>,
}

impl Reign {
    /// Takes the lease if it is free.
    pub(super) async fn begin(
        platform: &Platform,
        holder: Uuid,
        ttl: Duration,
    ) -> Result<Option<Self>> {
        let kept = Mutex::new(Instant::now());
        let mut tx = platform.db.system(&platform.system).await?;
        let fence = leases::acquire(&mut tx, LEASE, holder, ttl).await?;
        tx.commit().await?;
        let over = AtomicBool::new(false);
        let reign = |fence| Self { fence, ttl, kept, over, late: Mutex::default() };
        Ok(fence.map(reign))
    }

    /// Keeps the lease; false when it is lost.
    pub(super) async fn keep(&self, platform: &Platform) -> Result<bool> {
        if self.is_over() {
            return Ok(false);
        }
        if self.age() < self.ttl / 3 {
            return Ok(true);
        }
        let kept = Instant::now();
        let mut tx = platform.db.system(&platform.system).await?;
        match leases::renew(&mut tx, LEASE, self.fence, self.ttl).await {
            Ok(()) => {
                tx.commit().await?;
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
                Ok(true)
            }
            Err(StoreError::LeaseLost(_)) => {
                self.end();
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// From now on nothing is begun.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Whether something may be begun: not in the last part of the lease.
    pub(super) fn may_begin(&self) -> Result<()> {
        if self.is_over() || self.age() >= self.ttl * 4 / 5 { Err(lost()) } else { Ok(()) }
    }

    /// Whether what has just come back from an engine was surely written while the lease was ours.
    pub(super) fn came_in_time(&self, org: OrgId) -> Result<()> {
        if self.age() < self.ttl {
            return Ok(());
        }
        self.end();
        self.late.lock().unwrap_or_else(PoisonError::into_inner).push(org);
        Err(lost())
    }

    /// Gives the lease back. What was written late, when another led, is undone by a rebuild.
    pub(super) async fn close(&self, platform: &Platform) -> Result<()> {
        self.end();
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tx = platform.db.system(&platform.system).await?;
        if !late.is_empty() && !projections::is_last_led_with(&mut tx, self.fence).await? {
            for org in late {
                tracing::warn!(org.id = %org, "something was written to the graph out of turn; it is rebuilt");
                projections::ask_rebuild(&mut tx, Some(org)).await?;
            }
        }
        leases::release(&mut tx, LEASE, self.fence).await?;
        Ok(tx.commit().await?)
    }

    fn age(&self) -> Duration {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

fn lost() -> crate::Error {
    StoreError::LeaseLost(LEASE.to_owned()).into()
}
