//! New orgs and new people: the first start, registration, an issuer's newcomer.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{OrgId, UserId},
    realm::BUILT_IN,
};
use uuid::Uuid;

use crate::{Result, SystemTx};

/// Any number, the same in every process: what the first start locks.
const FIRST_START: i64 = 0x6167_656e_7463_7901;

/// How a new person will come in.
#[derive(Debug, Clone)]
pub enum WayIn {
    /// By a password with this hash.
    Password(String),
    /// By a token of an issuer.
    Issuer {
        /// The issuer.
        issuer: String,
        /// What the issuer calls them.
        subject: String,
    },
}

/// A person to be kept.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Their id.
    pub id: UserId,
    /// Where they are written to.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// How they come in.
    pub way_in: WayIn,
    /// Whether they administer the platform.
    pub platform_admin: bool,
    /// When they came.
    pub at: Timestamp,
}

/// Holds off every other first start until the transaction ends, then tells whether there is an org.
#[tracing::instrument(name = "db.orgs.lock_first", skip_all)]
pub async fn lock_first(tx: &mut SystemTx) -> Result<bool> {
    sqlx::query!("select pg_advisory_xact_lock($1)", FIRST_START).fetch_one(tx.conn()).await?;
    any_org(tx).await
}

/// The org that was made first, which folders of the machine belong to unless said otherwise.
#[tracing::instrument(name = "db.orgs.first", skip_all)]
pub async fn first_org(tx: &mut SystemTx) -> Result<Option<OrgId>> {
    let row = sqlx::query!("select id from orgs order by created_at, id limit 1")
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|row| row.id.into()))
}

/// Whether there is no org but this one.
#[tracing::instrument(name = "db.orgs.is_only", skip_all)]
pub async fn is_only_org(tx: &mut SystemTx, org: OrgId) -> Result<bool> {
    let row = sqlx::query!(
        r#"select not exists (select from orgs where id <> $1) as "only!""#,
        Uuid::from(org),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.only)
}

/// Whether there is an org.
#[tracing::instrument(name = "db.orgs.any", skip_all)]
pub async fn any_org(tx: &mut SystemTx) -> Result<bool> {
    let row =
        sqlx::query!(r#"select exists (select from orgs) as "any!""#).fetch_one(tx.conn()).await?;
    Ok(row.any)
}

/// Keeps a new org with its built-in realms.
#[tracing::instrument(name = "db.orgs.insert", skip_all)]
pub async fn insert_org(tx: &mut SystemTx, id: OrgId, name: &str, at: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into orgs (id, name, created_at, updated_at) values ($1, $2, $3, $3)",
        Uuid::from(id),
        name,
        at,
    )
    .execute(tx.conn())
    .await?;
    let slugs = BUILT_IN.map(str::to_owned);
    sqlx::query!(
        "insert into realms (org_id, slug, name, built_in, created_at)
         select $1, slug, slug, true, $3 from unnest($2::text[]) as slug",
        Uuid::from(id),
        &slugs[..],
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a new person. Constraints: `user_email_key`, `user_subject_key`.
#[tracing::instrument(name = "db.users.insert", skip_all)]
pub async fn insert_user(tx: &mut SystemTx, new: &NewUser) -> Result<()> {
    let (hash, issuer, subject) = match &new.way_in {
        WayIn::Password(hash) => (Some(hash), None, None),
        WayIn::Issuer { issuer, subject } => (None, Some(issuer), Some(subject)),
    };
    sqlx::query!(
        "insert into users (id, email, name, password_hash, issuer, subject, platform_admin, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        Uuid::from(new.id),
        new.email,
        new.name,
        hash,
        issuer,
        subject,
        new.platform_admin,
        new.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes a person a member, unless they are one already; tells whether it did.
#[tracing::instrument(name = "db.memberships.insert_before_org", skip_all)]
pub async fn insert_membership(
    tx: &mut SystemTx,
    org: OrgId,
    user: UserId,
    role: Role,
    realms: &Realms,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into memberships (org_id, user_id, role, realms, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5) on conflict (org_id, user_id) do nothing",
        Uuid::from(org),
        Uuid::from(user),
        role.name(),
        &realms.to_slugs(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
