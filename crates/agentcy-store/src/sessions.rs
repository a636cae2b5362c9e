//! Sessions of an org's members.

use agentcy_core::{Timestamp, id::SessionId};
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// Ends a session; tells whether it was still on.
#[tracing::instrument(name = "db.sessions.end", skip_all)]
pub async fn end(tx: &mut Tx, id: SessionId, at: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update sessions set revoked_at = $3 where org_id = $1 and id = $2 and revoked_at is null",
        Uuid::from(tx.org()),
        Uuid::from(id),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
