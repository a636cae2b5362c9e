//! What an org has connected. Credentials are sealed before they come here.

use agentcy_core::{Limit, Page, Realm, Realms, Timestamp, id::SourceId, page::TOTAL_CAP};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, Tenant, Tx};

/// The index that keeps names unique in an org, whatever their case.
pub const NAME_KEY: &str = "source_name_key";

/// A configured connector.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// The kind of connector, by name.
    pub source_type: String,
    /// The realm that all it says lies in.
    pub realm: Realm,
    /// The connector's settings, as they were given.
    pub config: Value,
    /// The sealed secrets, where there are some.
    pub credentials: Option<Vec<u8>>,
    /// How far its last applied sync went, in the connector's own words.
    pub cursor: Option<Value>,
    /// What was uploaded, if something was.
    pub content: Option<Upload>,
    /// Who connected it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When its settings or its content last changed; a sync that began before collects again.
    pub updated_at: Timestamp,
}

/// An upload that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: Uuid,
    /// How many bytes it has.
    pub bytes: i64,
}

struct SourceRow {
    id: Uuid,
    name: String,
    source_type: String,
    realm: String,
    config: Value,
    credentials: Option<Vec<u8>>,
    cursor: Option<Value>,
    content_id: Option<Uuid>,
    content_bytes: Option<i64>,
    created_by: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<SourceRow> for Source {
    type Error = Error;
    fn try_from(row: SourceRow) -> Result<Self> {
        let id = SourceId::from(row.id);
        let content = row.content_id.zip(row.content_bytes);
        Ok(Self {
            id,
            name: row.name,
            source_type: row.source_type,
            realm: row.realm.parse().map_err(|error| Error::corrupt("sources", id, error))?,
            config: row.config,
            credentials: row.credentials,
            cursor: row.cursor,
            content: content.map(|(id, bytes)| Upload { id, bytes }),
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The realms as a filter: none for all of them.
fn slugs(realms: &Realms) -> Option<Vec<String>> {
    matches!(realms, Realms::Only(_)).then(|| realms.to_slugs())
}

/// A page of the sources in these realms, the newest first.
#[tracing::instrument(name = "db.sources.list", skip_all)]
pub async fn list(
    tenant: &mut impl Tenant,
    realms: &Realms,
    limit: Limit,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Page<Source>> {
    let org = Uuid::from(tenant.org());
    let slugs = slugs(realms);
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        SourceRow,
        "select id, name, source_type, realm, config, credentials, cursor, content_id,
                content_bytes, created_by, created_at, updated_at
         from sources
         where org_id = $1 and ($2::text[] is null or realm = any($2))
             and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
         limit $5",
        org,
        slugs.as_deref(),
        after_at,
        after_id,
        limit.plus_one(),
    )
    .fetch_all(tenant.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select from sources
               where org_id = $1 and ($2::text[] is null or realm = any($2)) limit $3) counted"#,
        org,
        slugs.as_deref(),
        TOTAL_CAP + 1,
    )
    .fetch_one(tenant.conn())
    .await?;
    let items = rows.into_iter().map(Source::try_from).collect::<Result<_>>()?;
    Ok(Page::cut(items, limit, total, |source: &Source| (source.created_at, source.id.into())))
}

/// One source, in whichever realm it lies.
#[tracing::instrument(name = "db.sources.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, id: SourceId) -> Result<Option<Source>> {
    sqlx::query_as!(
        SourceRow,
        "select id, name, source_type, realm, config, credentials, cursor, content_id,
                content_bytes, created_by, created_at, updated_at
         from sources where org_id = $1 and id = $2",
        Uuid::from(tenant.org()),
        Uuid::from(id),
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Source::try_from)
    .transpose()
}

/// Those of these sources that there are, in whichever realm they lie.
#[tracing::instrument(name = "db.sources.find_all", skip_all)]
pub async fn find_all(tenant: &mut impl Tenant, ids: &[SourceId]) -> Result<Vec<Source>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    sqlx::query_as!(
        SourceRow,
        "select id, name, source_type, realm, config, credentials, cursor, content_id,
                content_bytes, created_by, created_at, updated_at
         from sources where org_id = $1 and id = any($2)",
        Uuid::from(tenant.org()),
        &ids,
    )
    .fetch_all(tenant.conn())
    .await?
    .into_iter()
    .map(Source::try_from)
    .collect()
}

/// The source of this name, in whichever realm it lies; upper and lower case are one.
#[tracing::instrument(name = "db.sources.find_by_name", skip_all)]
pub async fn find_by_name(tenant: &mut impl Tenant, name: &str) -> Result<Option<Source>> {
    sqlx::query_as!(
        SourceRow,
        "select id, name, source_type, realm, config, credentials, cursor, content_id,
                content_bytes, created_by, created_at, updated_at
         from sources where org_id = $1 and lower(name) = lower($2)",
        Uuid::from(tenant.org()),
        name,
    )
    .fetch_optional(tenant.conn())
    .await?
    .map(Source::try_from)
    .transpose()
}

/// One source, which nobody changes or deletes and no sync is applied to before the transaction ends.
#[tracing::instrument(name = "db.sources.lock", skip_all)]
pub async fn lock(tx: &mut Tx, id: SourceId) -> Result<Option<Source>> {
    sqlx::query_as!(
        SourceRow,
        "select id, name, source_type, realm, config, credentials, cursor, content_id,
                content_bytes, created_by, created_at, updated_at
         from sources where org_id = $1 and id = $2 for update",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Source::try_from)
    .transpose()
}

/// Keeps a new source without content. A name in use breaks [`NAME_KEY`].
#[tracing::instrument(name = "db.sources.insert", skip_all)]
pub async fn insert(tx: &mut Tx, source: &Source) -> Result<()> {
    sqlx::query!(
        "insert into sources (id, org_id, name, source_type, realm, config, credentials, cursor,
                              created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        Uuid::from(source.id),
        Uuid::from(tx.org()),
        source.name,
        source.source_type,
        source.realm.as_str(),
        source.config,
        source.credentials,
        source.cursor,
        source.created_by,
        source.created_at,
        source.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes name, realm, config, credentials, cursor and time of change. A name in use breaks [`NAME_KEY`].
#[tracing::instrument(name = "db.sources.update", skip_all)]
pub async fn update(tx: &mut Tx, source: &Source) -> Result<bool> {
    let done = sqlx::query!(
        "update sources set name = $3, realm = $4, config = $5, credentials = $6, cursor = $7,
                            updated_at = $8
         where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(source.id),
        source.name,
        source.realm.as_str(),
        source.config,
        source.credentials,
        source.cursor,
        source.updated_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how far a sync went. False when the source is gone, or changed since `version`, its `updated_at` of then.
#[tracing::instrument(name = "db.sources.set_cursor", skip_all)]
pub async fn set_cursor(
    tx: &mut Tx,
    id: SourceId,
    version: Timestamp,
    cursor: Option<&Value>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update sources set cursor = $4 where org_id = $1 and id = $2 and updated_at = $3",
        Uuid::from(tx.org()),
        Uuid::from(id),
        version,
        cursor,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a source and its content. What it said stays in the ledger; its jobs end when their runners find out.
#[tracing::instrument(name = "db.sources.delete", skip_all)]
pub async fn delete(tx: &mut Tx, id: SourceId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from sources where org_id = $1 and id = $2",
        Uuid::from(tx.org()),
        Uuid::from(id),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
