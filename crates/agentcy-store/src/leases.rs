//! Leases: who alone may do something for a while, and the fence that tells a former holder that it no longer may.
//!
//! Time is the database's, so that holders need not agree on theirs.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::{Error, Result, SystemTx};

/// A number that rises with each new holder of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(i64);

impl Fence {
    /// The number, for what keeps it elsewhere.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Takes the lease if it is free, run out, or held by the same holder; whoever held it before is fenced off.
#[tracing::instrument(name = "db.leases.acquire", skip(tx))]
pub async fn acquire(
    tx: &mut SystemTx,
    name: &str,
    holder: Uuid,
    ttl: Duration,
) -> Result<Option<Fence>> {
    // clock_timestamp(): the statement may have waited for the row, and now() is when the transaction began.
    let fence = sqlx::query_scalar!(
        "insert into leases (name, holder, fence, expires_at)
         values ($1, $2, 1, clock_timestamp() + $3)
         on conflict (name) do update set
             holder = excluded.holder,
             fence = leases.fence + 1,
             expires_at = clock_timestamp() + $3
         where leases.expires_at <= clock_timestamp() or leases.holder = excluded.holder
         returning fence",
        name,
        holder,
        interval(ttl),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(fence.map(Fence))
}

/// Keeps the lease for longer. Fails with `LeaseLost` once it ran out, taken by somebody or not.
#[tracing::instrument(name = "db.leases.renew", skip(tx))]
pub async fn renew(tx: &mut SystemTx, name: &str, fence: Fence, ttl: Duration) -> Result<()> {
    let done = sqlx::query!(
        "update leases set expires_at = clock_timestamp() + $3
         where name = $1 and fence = $2 and expires_at > clock_timestamp()",
        name,
        fence.0,
        interval(ttl),
    )
    .execute(tx.conn())
    .await?;
    held(name, done.rows_affected() > 0)
}

/// Gives the lease back. The row stays, so that the fence goes on rising.
#[tracing::instrument(name = "db.leases.release", skip(tx))]
pub async fn release(tx: &mut SystemTx, name: &str, fence: Fence) -> Result<()> {
    sqlx::query!(
        "update leases set expires_at = '-infinity' where name = $1 and fence = $2",
        name,
        fence.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Fails with `LeaseLost` unless the lease is held with this fence, and keeps it so until the transaction ends: nobody
/// takes the lease over between this check and the commit.
#[tracing::instrument(name = "db.leases.check", skip(tx))]
pub async fn check(tx: &mut SystemTx, name: &str, fence: Fence) -> Result<()> {
    let found = sqlx::query_scalar!(
        "select expires_at > clock_timestamp() from leases where name = $1 and fence = $2 for share",
        name,
        fence.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    held(name, found.flatten() == Some(true))
}

fn held(name: &str, yes: bool) -> Result<()> {
    if yes { Ok(()) } else { Err(Error::LeaseLost(name.to_owned())) }
}

fn interval(ttl: Duration) -> PgInterval {
    let microseconds = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
