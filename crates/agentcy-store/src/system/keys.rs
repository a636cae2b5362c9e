//! API keys, looked up by their public part before the org is known.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{KeyId, OrgId},
};
use uuid::Uuid;

use crate::{Error, Result, SystemTx, standing};

/// What a shown key is checked against, and what it may do.
#[derive(Debug, Clone)]
pub struct KeyCheck {
    /// Which key.
    pub id: KeyId,
    /// Whose.
    pub org_id: OrgId,
    /// Its role.
    pub role: Role,
    /// The realms it sees.
    pub realms: Realms,
    /// Whether it may decide approvals.
    pub can_approve: bool,
    /// The addresses it may come from, as text; empty means any.
    pub allowed_ips: Vec<String>,
    /// The digest of the present secret.
    pub secret_hash: Vec<u8>,
    /// The digest of the secret before, and until when it is still good.
    pub previous: Option<(Vec<u8>, Timestamp)>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

struct KeyRow {
    id: Uuid,
    org_id: Uuid,
    role: String,
    realms: Vec<String>,
    can_approve: bool,
    allowed_ips: Vec<String>,
    secret_hash: Vec<u8>,
    previous_hash: Option<Vec<u8>>,
    previous_until: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl TryFrom<KeyRow> for KeyCheck {
    type Error = Error;

    fn try_from(row: KeyRow) -> Result<Self> {
        let id = KeyId::from(row.id);
        Ok(Self {
            id,
            org_id: row.org_id.into(),
            role: standing::role("api_keys", id, &row.role)?,
            realms: standing::realms("api_keys", id, &row.realms)?,
            can_approve: row.can_approve,
            allowed_ips: row.allowed_ips,
            secret_hash: row.secret_hash,
            previous: row.previous_hash.zip(row.previous_until),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
    }
}

/// The key with this id, unless it was revoked.
#[tracing::instrument(name = "db.api_keys.find_before_org", skip_all)]
pub async fn find(tx: &mut SystemTx, id: KeyId) -> Result<Option<KeyCheck>> {
    let row = sqlx::query_as!(
        KeyRow,
        "select id, org_id, role, realms, can_approve, allowed_ips, secret_hash, previous_hash,
                previous_until, expires_at, last_used_at
         from api_keys where id = $1 and revoked_at is null",
        Uuid::from(id),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(KeyCheck::try_from).transpose()
}

/// Those of these keys that were not revoked.
#[tracing::instrument(name = "db.api_keys.find_many_before_org", skip_all)]
pub async fn find_many(tx: &mut SystemTx, ids: &[KeyId]) -> Result<Vec<KeyCheck>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    let rows = sqlx::query_as!(
        KeyRow,
        "select id, org_id, role, realms, can_approve, allowed_ips, secret_hash, previous_hash,
                previous_until, expires_at, last_used_at
         from api_keys where id = any($1) and revoked_at is null",
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(KeyCheck::try_from).collect()
}

/// Notes that a key was used, unless somebody noted it after `since`.
#[tracing::instrument(name = "db.api_keys.touch", skip_all)]
pub async fn touch(tx: &mut SystemTx, id: KeyId, at: Timestamp, since: Timestamp) -> Result<()> {
    sqlx::query!(
        "update api_keys set last_used_at = $2
         where id = $1 and (last_used_at is null or last_used_at <= $3)",
        Uuid::from(id),
        at,
        since,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
