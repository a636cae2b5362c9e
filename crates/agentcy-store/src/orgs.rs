//! The org itself and its settings.

use std::collections::BTreeMap;

use agentcy_core::{Timestamp, id::OrgId, tool::ApprovalDefaults};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx};

/// An org and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// The IANA name of the zone that its days are of.
    pub timezone: String,
    /// How long history is kept; `None` is for ever.
    pub retention_days: Option<i32>,
    /// Features that it switched, by name; the others are on.
    pub features: BTreeMap<String, bool>,
    /// What tools may do without asking.
    pub approval_defaults: ApprovalDefaults,
    /// How long an approval waits.
    pub approval_timeout_secs: i32,
    /// Whether nobody may decide an approval of their own.
    pub require_other: bool,
    /// Whether remote workers get its credentials.
    pub remote_workers: bool,
    /// The issuer whose tokens may name it.
    pub oidc_issuer: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
}

struct OrgRow {
    id: Uuid,
    name: String,
    timezone: String,
    retention_days: Option<i32>,
    features: Value,
    approval_defaults: Value,
    approval_timeout_secs: i32,
    require_other: bool,
    remote_workers: bool,
    oidc_issuer: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<OrgRow> for Org {
    type Error = Error;
    fn try_from(row: OrgRow) -> Result<Self> {
        let id = OrgId::from(row.id);
        let corrupt = |error: serde_json::Error| Error::corrupt("orgs", id, error);
        Ok(Self {
            id,
            name: row.name,
            timezone: row.timezone,
            retention_days: row.retention_days,
            features: serde_json::from_value(row.features).map_err(corrupt)?,
            approval_defaults: serde_json::from_value(row.approval_defaults).map_err(corrupt)?,
            approval_timeout_secs: row.approval_timeout_secs,
            require_other: row.require_other,
            remote_workers: row.remote_workers,
            oidc_issuer: row.oidc_issuer,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The org that was opened; `None` once it is gone.
#[tracing::instrument(name = "db.orgs.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant) -> Result<Option<Org>> {
    sqlx::query_as!(
        OrgRow,
        "select id, name, timezone, retention_days, features, approval_defaults,
             approval_timeout_secs, require_other, remote_workers, oidc_issuer, created_at, updated_at
         from orgs where id = $1",
        Uuid::from(tenant.org()),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Org::try_from)
    .transpose()
}

/// The same, locked until the transaction ends; rows that only refer to the org do not wait.
#[tracing::instrument(name = "db.orgs.lock", skip_all)]
pub async fn lock(tx: &mut Tx) -> Result<Option<Org>> {
    sqlx::query_as!(
        OrgRow,
        "select id, name, timezone, retention_days, features, approval_defaults,
             approval_timeout_secs, require_other, remote_workers, oidc_issuer, created_at, updated_at
         from orgs where id = $1 for no key update",
        Uuid::from(tx.org()),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Org::try_from)
    .transpose()
}

/// The same, which stays as it is until the transaction ends; others may read it so too.
#[tracing::instrument(name = "db.orgs.find_steady", skip_all)]
pub async fn find_steady(tx: &mut Tx) -> Result<Option<Org>> {
    sqlx::query_as!(
        OrgRow,
        "select id, name, timezone, retention_days, features, approval_defaults,
             approval_timeout_secs, require_other, remote_workers, oidc_issuer, created_at, updated_at
         from orgs where id = $1 for share",
        Uuid::from(tx.org()),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Org::try_from)
    .transpose()
}

/// Writes every setting of the org.
#[tracing::instrument(name = "db.orgs.update", skip_all)]
pub async fn update(tx: &mut Tx, org: &Org) -> Result<()> {
    let approval_defaults = serde_json::to_value(org.approval_defaults)
        .map_err(|error| Error::corrupt("orgs", org.id, error))?;
    let features =
        org.features.iter().map(|(name, on)| (name.clone(), Value::Bool(*on))).collect::<Value>();
    sqlx::query!(
        "update orgs set name = $2, timezone = $3, retention_days = $4, features = $5,
             approval_defaults = $6, approval_timeout_secs = $7, require_other = $8,
             remote_workers = $9, oidc_issuer = $10, updated_at = $11
         where id = $1",
        Uuid::from(tx.org()),
        org.name,
        org.timezone,
        org.retention_days,
        features,
        approval_defaults,
        org.approval_timeout_secs,
        org.require_other,
        org.remote_workers,
        org.oidc_issuer,
        org.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the database knows the zone, by its IANA name.
#[tracing::instrument(name = "db.orgs.is_timezone", skip_all)]
pub async fn is_timezone(tenant: &mut impl Tenant, name: &str) -> Result<bool> {
    // Debian's zone files also hold two copies of everything and three names that are no zones.
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from pg_timezone_names
               where name = $1 and name !~ '^(posix/|right/|posixrules$|localtime$|Factory$)') as "is!""#,
        name,
    )
    .fetch_one(tenant.conn())
    .await?)
}
