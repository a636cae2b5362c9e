//! API keys of an org: only digests of their secrets are kept.

use agentcy_core::{
    Limit, Page, Realms, Role, Timestamp,
    id::{KeyId, UserId},
    page::TOTAL_CAP,
};
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx, standing};

/// The index that keeps names of live keys apart.
pub const NAME_KEY: &str = "api_key_name_key";

/// A live API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is also a part of the key.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub notes: String,
    /// What it may do.
    pub role: Role,
    /// The realms it sees.
    pub realms: Realms,
    /// Whether it may decide approvals.
    pub can_approve: bool,
    /// Addresses and networks it is good from; empty means everywhere.
    pub allowed_ips: Vec<String>,
    /// What tells two keys apart without telling the key.
    pub fingerprint: String,
    /// Until when the secret before the present one is good.
    pub previous_until: Option<Timestamp>,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// Who made it, while they exist.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last shown, to the minute.
    pub last_used_at: Option<Timestamp>,
}

struct ApiKeyRow {
    id: Uuid,
    name: String,
    notes: String,
    role: String,
    realms: Vec<String>,
    can_approve: bool,
    allowed_ips: Vec<String>,
    fingerprint: String,
    previous_until: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    created_by: Option<Uuid>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = Error;
    fn try_from(row: ApiKeyRow) -> Result<Self> {
        let id = KeyId::from(row.id);
        Ok(Self {
            id,
            name: row.name,
            notes: row.notes,
            role: standing::role("api_keys", id, &row.role)?,
            realms: standing::realms("api_keys", id, &row.realms)?,
            can_approve: row.can_approve,
            allowed_ips: row.allowed_ips,
            fingerprint: row.fingerprint,
            previous_until: row.previous_until,
            expires_at: row.expires_at,
            created_by: row.created_by.map(UserId::from),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}

/// A page of live keys, the newest first.
#[tracing::instrument(name = "db.api_keys.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<ApiKey>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        ApiKeyRow,
        "select id, name, notes, role, realms, can_approve, allowed_ips, fingerprint,
             previous_until, expires_at, created_by, created_at, last_used_at
         from api_keys
         where org_id = $1 and revoked_at is null
             and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc
         limit $4",
        org,
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from api_keys where org_id = $1 and revoked_at is null limit $2) counted"#,
        org,
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(ApiKey::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |key: &ApiKey| (key.created_at, key.id.into())))
}

/// One live key.
#[tracing::instrument(name = "db.api_keys.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: KeyId) -> Result<Option<ApiKey>> {
    sqlx::query_as!(
        ApiKeyRow,
        "select id, name, notes, role, realms, can_approve, allowed_ips, fingerprint,
             previous_until, expires_at, created_by, created_at, last_used_at
         from api_keys
         where org_id = $1 and id = $2 and revoked_at is null",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(ApiKey::try_from)
    .transpose()
}

/// Keeps a new key, and of its secret the digest. A name in use breaks [`NAME_KEY`].
#[tracing::instrument(name = "db.api_keys.insert", skip_all)]
pub async fn insert(tx: &mut Tx, key: &ApiKey, secret_hash: &[u8; 32]) -> Result<()> {
    sqlx::query!(
        "insert into api_keys (id, org_id, name, notes, role, realms, can_approve, allowed_ips,
             secret_hash, fingerprint, expires_at, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        Uuid::from(key.id),
        Uuid::from(tx.org()),
        key.name,
        key.notes,
        key.role.name(),
        &key.realms.to_slugs(),
        key.can_approve,
        &key.allowed_ips,
        secret_hash,
        key.fingerprint,
        key.expires_at,
        key.created_by.map(Uuid::from),
        key.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a live key the digest of a new secret; the one before stays good until its `previous_until`.
#[tracing::instrument(name = "db.api_keys.rotate", skip_all)]
pub async fn rotate(tx: &mut Tx, key: &ApiKey, secret_hash: &[u8; 32]) -> Result<bool> {
    let done = sqlx::query!(
        "update api_keys set secret_hash = $3, fingerprint = $4, previous_until = $5,
             previous_hash = case when $5::timestamptz is not null then secret_hash end
         where org_id = $1 and id = $2 and revoked_at is null",
        Uuid::from(tx.org()),
        Uuid::from(key.id),
        secret_hash,
        key.fingerprint,
        key.previous_until,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a live key at once, both of its secrets.
#[tracing::instrument(name = "db.api_keys.revoke", skip_all)]
pub async fn revoke(tx: &mut Tx, id: KeyId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update api_keys set revoked_at = $3, previous_hash = null, previous_until = null
         where org_id = $1 and id = $2 and revoked_at is null",
        Uuid::from(tx.org()),
        Uuid::from(id),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
