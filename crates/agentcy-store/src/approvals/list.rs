//! What waits for somebody, and what a conversation has asked.

use agentcy_core::{Limit, Page, Realms, Timestamp, id::ConversationId, page::TOTAL_CAP};
use uuid::Uuid;

use super::{Approval, ApprovalRow, approvals};
use crate::{Result, Tenant, columns::slugs};

/// What waits for whom.
#[derive(Debug, Clone, Copy)]
pub struct Inbox<'a> {
    /// What waits in conversations of this principal counts, whatever their realm.
    pub owner: &'a str,
    /// Which conversations of the org count; one of no realm is for those who see all.
    pub realms: &'a Realms,
    /// Whether those of other principals count as well, in the same realms.
    pub others: bool,
    /// Whether destructive calls count.
    pub destructive: bool,
    /// Leaves out what runs of this principal ask.
    pub not_of: Option<&'a str>,
    /// Now; what expired is left out.
    pub now: Timestamp,
}

/// A page of what waits, the newest first.
#[tracing::instrument(name = "db.approvals.inbox", skip_all)]
pub async fn inbox(
    tenant: &mut impl Tenant,
    of: Inbox<'_>,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Approval>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(of.realms);
    let (after_at, after_id) = after.unzip();
    let rows = approvals!(
        "join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
         where p.org_id = $1 and p.state = 'pending' and p.expires_at > $2
             and (c.owner = $3 or (c.owner is null or $4)
                  and ($5::text[] is null or c.realm = any($5)))
             and ($6 or p.effect <> 'destructive')
             and ($7::text is null or p.requested_by <> $7)
             and ($8::timestamptz is null or (p.created_at, p.id) < ($8, $9::uuid))
         order by p.created_at desc, p.id desc limit $10",
        org,
        of.now,
        of.owner,
        of.others,
        slugs.as_deref(),
        of.destructive,
        of.not_of,
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from approvals p
               join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
               where p.org_id = $1 and p.state = 'pending' and p.expires_at > $2
                   and (c.owner = $3 or (c.owner is null or $4)
                        and ($5::text[] is null or c.realm = any($5)))
                   and ($6 or p.effect <> 'destructive')
                   and ($7::text is null or p.requested_by <> $7)
               limit $8) counted"#,
        org,
        of.now,
        of.owner,
        of.others,
        slugs.as_deref(),
        of.destructive,
        of.not_of,
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    page(rows, limit, total)
}

/// A page of what was decided or ended otherwise in conversations that somebody sees, the newest first.
#[tracing::instrument(name = "db.approvals.decided", skip_all)]
pub async fn decided(
    tenant: &mut impl Tenant,
    of: Inbox<'_>,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Approval>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(of.realms);
    let (after_at, after_id) = after.unzip();
    // Without those of others: the own ones, and those of the org, each from its end of an index.
    let rows = approvals!(
        "where p.org_id = $1 and p.state <> 'pending' and p.id = any(array(
             select id from (
                 select own.* from (
                     select p.id, p.created_at from approvals p
                     join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                     where not $3 and p.org_id = $1 and p.state <> 'pending' and p.owner = $2
                         and c.owner = $2
                         and (p.created_at, p.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                     order by p.created_at desc, p.id desc limit $7) own
                 union all
                 select common.* from (
                     select p.id, p.created_at from approvals p
                     join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                     where not $3 and p.org_id = $1 and p.state <> 'pending' and p.owner is null
                         and c.owner is null and ($4::text[] is null or c.realm = any($4))
                         and (p.created_at, p.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                     order by p.created_at desc, p.id desc limit $7) common
                 union all
                 select everyones.* from (
                     select p.id, p.created_at from approvals p
                     join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                     where $3 and p.org_id = $1 and p.state <> 'pending'
                         and (c.owner = $2 or $4::text[] is null or c.realm = any($4))
                         and (p.created_at, p.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6::uuid, $1))
                     order by p.created_at desc, p.id desc limit $7) everyones
             ) found
             order by created_at desc, id desc limit $7))
         order by p.created_at desc, p.id desc",
        org,
        of.owner,
        of.others,
        slugs.as_deref(),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from (
                   select from approvals p
                   join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                   where not $3 and p.org_id = $1 and p.state <> 'pending' and p.owner = $2
                       and c.owner = $2
                   union all
                   select from approvals p
                   join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                   where not $3 and p.org_id = $1 and p.state <> 'pending' and p.owner is null
                       and c.owner is null and ($4::text[] is null or c.realm = any($4))
                   union all
                   select from approvals p
                   join conversations c on c.org_id = p.org_id and c.id = p.conversation_id
                   where $3 and p.org_id = $1 and p.state <> 'pending'
                       and (c.owner = $2 or $4::text[] is null or c.realm = any($4))) found
               limit $5) counted"#,
        org,
        of.owner,
        of.others,
        slugs.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    page(rows, limit, total)
}

/// A page of what a conversation has asked, the newest first.
#[tracing::instrument(name = "db.approvals.of_conversation", skip_all)]
pub async fn of_conversation(
    tenant: &mut impl Tenant,
    conversation: ConversationId,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Approval>> {
    let org = Uuid::from(tenant.org());
    let (after_at, after_id) = after.unzip();
    let rows = approvals!(
        "where p.org_id = $1 and p.conversation_id = $2
             and ($3::timestamptz is null or (p.created_at, p.id) < ($3, $4::uuid))
         order by p.created_at desc, p.id desc limit $5",
        org,
        Uuid::from(conversation),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from approvals where org_id = $1 and conversation_id = $2 limit $3) counted"#,
        org,
        Uuid::from(conversation),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    page(rows, limit, total)
}

fn page(rows: Vec<ApprovalRow>, limit: Limit, total: i64) -> Result<Page<Approval>> {
    let items = rows.into_iter().map(Approval::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |it: &Approval| (it.created_at, it.id.into())))
}
