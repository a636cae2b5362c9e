//! The lease that keeps a second process off an embedded twin.

use std::time::Duration;

use agentcy_core::{Chain, System};
use agentcy_platform::lifecycle::Lifecycle;
use agentcy_store::{
    Db, Error,
    leases::{self, Fence},
};
use anyhow::bail;
use uuid::Uuid;

const TTL: Duration = Duration::from_secs(15);
const RENEW: Duration = Duration::from_secs(5);

/// Something that one process alone may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Twin {
    /// The name of its lease.
    pub(crate) lease: &'static str,
    /// What to set so that several processes can share it.
    pub(crate) variable: &'static str,
}

/// A lease of this process.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    db: Db,
    system: System,
    name: &'static str,
    holder: Uuid,
    fence: Fence,
}

impl Held {
    async fn take(
        db: &Db,
        system: &System,
        name: &'static str,
        holder: Uuid,
    ) -> Result<Option<Self>, Error> {
        let mut tx = db.system(system).await?;
        let fence = leases::acquire(&mut tx, name, holder, TTL).await?;
        tx.commit().await?;
        let held = |fence| Self { db: db.clone(), system: system.clone(), name, holder, fence };
        Ok(fence.map(held))
    }

    async fn renew(&self) -> Result<(), Error> {
        let mut tx = self.db.system(&self.system).await?;
        leases::renew(&mut tx, self.name, self.fence, TTL).await?;
        tx.commit().await
    }

    /// Lets another process in at once.
    pub(crate) async fn release(self) {
        let release = async {
            let mut tx = self.db.system(&self.system).await?;
            leases::release(&mut tx, self.name, self.fence).await?;
            tx.commit().await
        };
        if let Err(error) = release.await {
            tracing::debug!(lease = self.name, error = %error, "the lease runs out by itself");
        }
    }
}

/// Takes the lease and keeps it until the process stops. Losing it stops the process.
pub(crate) async fn hold(
    db: &Db,
    system: &System,
    twin: Twin,
    holder: Uuid,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Held> {
    let Some(held) = Held::take(db, system, twin.lease, holder).await? else {
        bail!(
            "another agentcy works on this database with an embedded twin; stop it, or set {} for both",
            twin.variable
        );
    };
    lifecycle.spawn(keep(held.clone(), lifecycle.clone()));
    Ok(held)
}

async fn keep(mut held: Held, lifecycle: Lifecycle) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEW) => {}
            () = lifecycle.stopping() => return,
        }
        // Out of reach for longer than the lease: ours again unless somebody took it meanwhile.
        let kept = match held.renew().await {
            Err(Error::LeaseLost(_)) => {
                Held::take(&held.db, &held.system, held.name, held.holder).await
            }
            Ok(()) => continue,
            Err(error) => Err(error),
        };
        match kept {
            Ok(Some(again)) => held = again,
            Ok(None) => {
                tracing::error!(lease = held.name, "another process took the lease; stopping");
                return lifecycle.fail("another process took over what only one may have");
            }
            Err(error) => {
                tracing::warn!(lease = held.name, error = %Chain(&error), "the lease could not be renewed");
            }
        }
    }
}
