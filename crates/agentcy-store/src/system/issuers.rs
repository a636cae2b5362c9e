//! People of an OpenID Connect issuer, known by what the issuer calls them.

use agentcy_core::{
    Role, Timestamp,
    id::{OrgId, UserId},
};
use uuid::Uuid;

use super::login::{Account, AccountRow};
use crate::{Result, SystemTx};

/// The person whom this issuer calls by this subject.
#[tracing::instrument(name = "db.users.find_by_subject", skip_all)]
pub async fn find(tx: &mut SystemTx, issuer: &str, subject: &str) -> Result<Option<Account>> {
    let row = sqlx::query_as!(
        AccountRow,
        "select id, email, name, password_hash, platform_admin from users
         where issuer = $1 and subject = $2",
        issuer,
        subject,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

/// Whether an org's settings name this issuer.
#[tracing::instrument(name = "db.orgs.trusts", skip_all)]
pub async fn is_trusted(tx: &mut SystemTx, org: OrgId, issuer: &str) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from orgs where id = $1 and oidc_issuer = $2) as "trusted!""#,
        Uuid::from(org),
        issuer,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.trusted)
}

/// Gives a member another role, unless they own the org; tells whether it did.
#[tracing::instrument(name = "db.memberships.set_claimed_role", skip_all)]
pub async fn set_role(
    tx: &mut SystemTx,
    org: OrgId,
    user: UserId,
    role: Role,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update memberships set role = $3, updated_at = $4
         where org_id = $1 and user_id = $2 and role not in ('owner', $3)",
        Uuid::from(org),
        Uuid::from(user),
        role.name(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
