//! Invitations into an org: only the digest of their token is kept.

use agentcy_core::{
    Limit, Page, Realms, Role, Timestamp,
    id::{InviteId, UserId},
    page::TOTAL_CAP,
};
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx, standing};

/// The index that keeps one invitation per e-mail.
pub const EMAIL_KEY: &str = "invite_email_key";

/// An open invitation, without its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// The realms they will see.
    pub realms: Realms,
    /// Who invited, while they exist.
    pub invited_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it runs out.
    pub expires_at: Timestamp,
}

struct InviteRow {
    id: Uuid,
    email: String,
    role: String,
    realms: Vec<String>,
    invited_by: Option<Uuid>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl TryFrom<InviteRow> for Invite {
    type Error = Error;
    fn try_from(row: InviteRow) -> Result<Self> {
        let id = InviteId::from(row.id);
        Ok(Self {
            id,
            email: row.email,
            role: standing::role("invites", id, &row.role)?,
            realms: standing::realms("invites", id, &row.realms)?,
            invited_by: row.invited_by.map(UserId::from),
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

/// A page of invitations that are neither accepted nor expired, the newest first.
#[tracing::instrument(name = "db.invites.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    now: Timestamp,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Invite>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        InviteRow,
        "select id, email, role, realms, invited_by, created_at, expires_at from invites
         where org_id = $1 and accepted_at is null and expires_at > $2
             and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
         limit $5",
        org,
        now,
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from invites
               where org_id = $1 and accepted_at is null and expires_at > $2 limit $3) counted"#,
        org,
        now,
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Invite::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |invite: &Invite| (invite.created_at, invite.id.into())))
}

/// One open invitation.
#[tracing::instrument(name = "db.invites.find", skip_all)]
pub async fn find(
    tenant: &mut impl Tenant,
    id: InviteId,
    now: Timestamp,
) -> Result<Option<Invite>> {
    sqlx::query_as!(
        InviteRow,
        "select id, email, role, realms, invited_by, created_at, expires_at from invites
         where org_id = $1 and id = $2 and accepted_at is null and expires_at > $3",
        Uuid::from(tenant.org()),
        Uuid::from(id),
        now,
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Invite::try_from)
    .transpose()
}

/// Keeps a new invitation in the place of an expired one. An open one for the e-mail breaks [`EMAIL_KEY`].
#[tracing::instrument(name = "db.invites.insert", skip_all)]
pub async fn insert(tx: &mut Tx, invite: &Invite, token_hash: &[u8; 32]) -> Result<()> {
    let org = Uuid::from(tx.org());
    sqlx::query!(
        "delete from invites
         where org_id = $1 and lower(email) = lower($2) and accepted_at is null and expires_at <= $3",
        org,
        invite.email,
        invite.created_at,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into invites (id, org_id, email, role, realms, token_hash, invited_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        Uuid::from(invite.id),
        org,
        invite.email,
        invite.role.name(),
        &invite.realms.to_slugs(),
        token_hash,
        invite.invited_by.map(Uuid::from),
        invite.created_at,
        invite.expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Withdraws an invitation unless it was accepted meanwhile.
#[tracing::instrument(name = "db.invites.delete", skip_all)]
pub async fn delete(tx: &mut Tx, id: InviteId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from invites where org_id = $1 and id = $2 and accepted_at is null",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
