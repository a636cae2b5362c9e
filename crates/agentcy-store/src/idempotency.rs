//! `idempotency_keys`: the first answer to a request that may be sent again.
//!
//! A request claims its key, does its work, and completes the claim in the transaction of the effect. A claim whose
//! lease ran out (its process died) is taken over by the next request with the same body.

use agentcy_core::Timestamp;
use chrono::TimeDelta;
use sqlx::types::Uuid;

use crate::{Error, Result, Tenant, Tx};

/// How long a claim holds before it may be taken over.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What makes two requests the same, within their org.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// Who asks.
    pub principal: &'a str,
    /// With which method.
    pub method: &'a str,
    /// At which path.
    pub path: &'a str,
    /// Under which key of their own.
    pub key: &'a str,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing yet: the work is the caller's, under this attempt.
    New {
        /// Who completes the claim.
        attempt: Uuid,
    },
    /// The first request is still at work.
    InProgress,
    /// The key was used with another body.
    Reused,
    /// The first request was answered.
    Done {
        /// Its status.
        status: u16,
        /// Its answer, as it was given to [`complete`].
        answer: Vec<u8>,
    },
}

/// Claims the key for an attempt, or says what became of it. Exactly one of many at once gets `New`.
#[tracing::instrument(name = "db.idempotency.claim", skip_all)]
pub async fn claim(
    t: &mut impl Tenant,
    key: &Key<'_>,
    body_hash: &[u8],
    attempt: Uuid,
    now: Timestamp,
) -> Result<Claim> {
    let org_id = Uuid::from(t.org());
    let taken = sqlx::query_scalar!(
        r#"insert into idempotency_keys as k
             (org_id, principal, method, path, key, body_hash, attempt, lease_until, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (org_id, principal, method, path, key) do update set
             body_hash = excluded.body_hash,
             attempt = excluded.attempt,
             lease_until = excluded.lease_until,
             status = null,
             answer = null,
             created_at = excluded.created_at
         where k.created_at <= $10
            or (k.status is null and k.lease_until <= $9 and k.body_hash = excluded.body_hash)
         returning attempt"#,
        org_id,
        key.principal,
        key.method,
        key.path,
        key.key,
        body_hash,
        attempt,
        now + LEASE,
        now,
        now - KEPT,
    )
    .fetch_optional(t.conn())
    .await?;
    if let Some(attempt) = taken {
        return Ok(Claim::New { attempt });
    }
    let row = sqlx::query_as!(
        KeyRow,
        "select body_hash, status, answer from idempotency_keys
         where org_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5",
        org_id,
        key.principal,
        key.method,
        key.path,
        key.key,
    )
    .fetch_optional(t.conn())
    .await?;
    match row {
        Some(row) if row.body_hash != body_hash => Ok(Claim::Reused),
        Some(KeyRow { status: Some(status), answer: Some(answer), .. }) => {
            let status = u16::try_from(status)
                .map_err(|_| Error::corrupt("idempotency_keys", key.key, "status"))?;
            Ok(Claim::Done { status, answer })
        }
        // Forgotten between the two statements: the request may be sent again, as after any first one that failed.
        Some(_) | None => Ok(Claim::InProgress),
    }
}

/// Keeps the answer, in the transaction of the effect. Fails with `LeaseLost` when the attempt was taken over.
#[tracing::instrument(name = "db.idempotency.complete", skip_all)]
pub async fn complete(
    tx: &mut Tx,
    key: &Key<'_>,
    attempt: Uuid,
    status: u16,
    answer: &[u8],
) -> Result<()> {
    let org_id = Uuid::from(tx.org());
    let status =
        i16::try_from(status).map_err(|_| Error::corrupt("idempotency_keys", key.key, "status"))?;
    let done = sqlx::query!(
        "update idempotency_keys set status = $7, answer = $8
         where org_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5
           and attempt = $6 and status is null",
        org_id,
        key.principal,
        key.method,
        key.path,
        key.key,
        attempt,
        status,
        answer,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::LeaseLost(format!("idempotency key {}", key.key)));
    }
    Ok(())
}

/// Frees the key after an answer that is not kept (5xx, 429), unless the attempt was taken over.
#[tracing::instrument(name = "db.idempotency.forget", skip_all)]
pub async fn forget(t: &mut impl Tenant, key: &Key<'_>, attempt: Uuid) -> Result<()> {
    let org_id = Uuid::from(t.org());
    sqlx::query!(
        "delete from idempotency_keys
         where org_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5
           and attempt = $6 and status is null",
        org_id,
        key.principal,
        key.method,
        key.path,
        key.key,
        attempt,
    )
    .execute(t.conn())
    .await?;
    Ok(())
}

struct KeyRow {
    body_hash: Vec<u8>,
    status: Option<i16>,
    answer: Option<Vec<u8>>,
}
