//! Members: people in an org, and what they are there.

use agentcy_core::{Limit, Page, Realms, Role, Timestamp, id::UserId, page::TOTAL_CAP};
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx, standing};

/// A member of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they are in the org.
    pub role: Role,
    /// The realms they see.
    pub realms: Realms,
    /// Since when they are shut out, if they are.
    pub disabled_at: Option<Timestamp>,
    /// When a session of theirs that still lives was last started or refreshed.
    pub last_active_at: Option<Timestamp>,
    /// When they joined.
    pub created_at: Timestamp,
}

struct MemberRow {
    user_id: Uuid,
    email: String,
    name: String,
    role: String,
    realms: Vec<String>,
    disabled_at: Option<Timestamp>,
    last_active_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl TryFrom<MemberRow> for Member {
    type Error = Error;
    fn try_from(row: MemberRow) -> Result<Self> {
        let user_id = UserId::from(row.user_id);
        Ok(Self {
            user_id,
            email: row.email,
            name: row.name,
            role: standing::role("memberships", user_id, &row.role)?,
            realms: standing::realms("memberships", user_id, &row.realms)?,
            disabled_at: row.disabled_at,
            last_active_at: row.last_active_at,
            created_at: row.created_at,
        })
    }
}

/// What a rule about roles is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub user_id: UserId,
    /// What they are.
    pub role: Role,
    /// Whether they are not shut out.
    pub is_active: bool,
}

/// A page of members, the newest first; `query` is looked for in name and e-mail.
#[tracing::instrument(name = "db.memberships.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    query: Option<&str>,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Member>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        MemberRow,
        r#"select m.user_id, u.email, u.name, m.role, m.realms, m.disabled_at, m.created_at,
               (select max(s.refreshed_at) from sessions s
                where s.org_id = m.org_id and s.user_id = m.user_id and s.revoked_at is null)
                   as last_active_at
           from memberships m join users u on u.id = m.user_id
           where m.org_id = $1
               and ($2::text is null
                    or strpos(lower(u.name), lower($2)) > 0 or strpos(lower(u.email), lower($2)) > 0)
               and ($3::timestamptz is null or (m.created_at, m.user_id) < ($3, $4::uuid))
           order by m.created_at desc, m.user_id desc
           limit $5"#,
        org,
        query,
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from memberships m join users u on u.id = m.user_id
               where m.org_id = $1
                   and ($2::text is null
                        or strpos(lower(u.name), lower($2)) > 0 or strpos(lower(u.email), lower($2)) > 0)
               limit $3) counted"#,
        org,
        query,
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Member::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |member: &Member| (member.created_at, member.user_id.into())))
}

/// One member.
#[tracing::instrument(name = "db.memberships.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, user: UserId) -> Result<Option<Member>> {
    sqlx::query_as!(
        MemberRow,
        r#"select m.user_id, u.email, u.name, m.role, m.realms, m.disabled_at, m.created_at,
               (select max(s.refreshed_at) from sessions s
                where s.org_id = m.org_id and s.user_id = m.user_id and s.revoked_at is null)
                   as last_active_at
           from memberships m join users u on u.id = m.user_id
           where m.org_id = $1 and m.user_id = $2"#,
        Uuid::from(tenant.org()),
        Uuid::from(user),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Member::try_from)
    .transpose()
}

/// Whether a local member of the org has this e-mail.
#[tracing::instrument(name = "db.memberships.has_email", skip_all)]
pub async fn has_email(tenant: &mut impl Tenant, email: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select from memberships m join users u on u.id = m.user_id
               where m.org_id = $1 and u.issuer is null and lower(u.email) = lower($2)) as "is!""#,
        Uuid::from(tenant.org()),
        email,
    )
    .fetch_one(tenant.conn())
    .await?)
}

/// Locks the given members and every active owner, so that racing changes to them take turns.
///
/// Always in the same order, so that two that race do not wait for each other.
#[tracing::instrument(name = "db.memberships.lock", skip_all)]
pub async fn lock(tx: &mut Tx, users: &[UserId]) -> Result<Vec<Standing>> {
    let users: Vec<Uuid> = users.iter().copied().map(Uuid::from).collect();
    let rows = sqlx::query!(
        r#"select user_id, role, disabled_at is null as "is_active!" from memberships
           where org_id = $1 and (user_id = any($2) or (role = 'owner' and disabled_at is null))
           order by user_id for update"#,
        Uuid::from(tx.org()),
        &users,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let user_id = UserId::from(row.user_id);
            let role = standing::role("memberships", user_id, &row.role)?;
            Ok(Standing { user_id, role, is_active: row.is_active })
        })
        .collect()
}

/// Writes role, realms and state of a member. Who is shut out loses their sessions in the org.
#[tracing::instrument(name = "db.memberships.update", skip_all)]
pub async fn update(tx: &mut Tx, member: &Member, now: Timestamp) -> Result<()> {
    let org = Uuid::from(tx.org());
    let user = Uuid::from(member.user_id);
    sqlx::query!(
        "update memberships set role = $3, realms = $4, disabled_at = $5, updated_at = $6
         where org_id = $1 and user_id = $2",
        org,
        user,
        member.role.name(),
        &member.realms.to_slugs(),
        member.disabled_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    if member.disabled_at.is_some() {
        sqlx::query!(
            "update sessions set revoked_at = $3
             where org_id = $1 and user_id = $2 and revoked_at is null",
            org,
            user,
            now,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Removes a member from the org, and with them their sessions there.
#[tracing::instrument(name = "db.memberships.delete", skip_all)]
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<()> {
    sqlx::query!(
        "delete from memberships where org_id = $1 and user_id = $2",
        Uuid::from(tx.org()),
        Uuid::from(user),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
