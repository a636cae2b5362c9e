//! What is sealed, wherever it lies, to be sealed anew: a page at a time, and written only over what was read.

use agentcy_core::id::{SourceId, TriggerId};
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// How many rows make a page.
const PAGE: i64 = 100;
/// The same for answers, each of which may be large.
const ANSWERS: i64 = 10;

/// The secrets of a webhook.
#[derive(Debug)]
pub struct Hook {
    /// Its trigger.
    pub id: TriggerId,
    /// The secret in use, and the one before.
    pub secrets: [Option<Vec<u8>>; 2],
}

/// A kept answer, and the key that it is kept under.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who asked.
    pub principal: String,
    /// With which method.
    pub method: String,
    /// At which path.
    pub path: String,
    /// Under which key of their own.
    pub key: String,
    /// What was answered.
    pub answer: Vec<u8>,
}

/// Credentials of sources, in the order of the sources.
#[tracing::instrument(name = "db.sealed.credentials", skip_all)]
pub async fn credentials(
    tenant: &mut impl Tenant,
    after: Option<SourceId>,
) -> Result<Vec<(SourceId, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select id, credentials as "credentials!" from sources
           where org_id = $1 and ($2::uuid is null or id > $2) and credentials is not null
           order by id limit $3"#,
        Uuid::from(tenant.org()),
        after.map(Uuid::from),
        PAGE,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.credentials)).collect())
}

/// Puts the same credentials in the place of these, unless they were changed meanwhile.
#[tracing::instrument(name = "db.sealed.put_credentials", skip_all)]
pub async fn put_credentials(tx: &mut Tx, id: SourceId, old: &[u8], new: &[u8]) -> Result<()> {
    sqlx::query!(
        "update sources set credentials = $4 where org_id = $1 and id = $2 and credentials = $3",
        Uuid::from(tx.org()),
        Uuid::from(id),
        old,
        new,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The key of the org's model provider.
#[tracing::instrument(name = "db.sealed.api_key", skip_all)]
pub async fn api_key(tenant: &mut impl Tenant) -> Result<Option<Vec<u8>>> {
    let found = sqlx::query_scalar!(
        "select api_key from llm_settings where org_id = $1",
        Uuid::from(tenant.org()),
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(found.flatten())
}

/// Puts the same key in the place of this one, unless it was changed meanwhile.
#[tracing::instrument(name = "db.sealed.put_api_key", skip_all)]
pub async fn put_api_key(tx: &mut Tx, old: &[u8], new: &[u8]) -> Result<()> {
    sqlx::query!(
        "update llm_settings set api_key = $3 where org_id = $1 and api_key = $2",
        Uuid::from(tx.org()),
        old,
        new,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Secrets of webhooks, in the order of their triggers.
#[tracing::instrument(name = "db.sealed.hooks", skip_all)]
pub async fn hooks(tenant: &mut impl Tenant, after: Option<TriggerId>) -> Result<Vec<Hook>> {
    let rows = sqlx::query!(
        "select id, secret, previous_secret from triggers
         where org_id = $1 and ($2::uuid is null or id > $2)
             and (secret is not null or previous_secret is not null)
         order by id limit $3",
        Uuid::from(tenant.org()),
        after.map(Uuid::from),
        PAGE,
    )
    .fetch_all(tenant.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Hook { id: row.id.into(), secrets: [row.secret, row.previous_secret] })
        .collect())
}

/// Puts the same secret in the place of this one, wherever a rotation moved it meanwhile.
#[tracing::instrument(name = "db.sealed.put_secret", skip_all)]
pub async fn put_secret(tx: &mut Tx, id: TriggerId, old: &[u8], new: &[u8]) -> Result<()> {
    sqlx::query!(
        "update triggers set
             secret = case when secret = $3 then $4 else secret end,
             previous_secret = case when previous_secret = $3 then $4 else previous_secret end
         where org_id = $1 and id = $2 and (secret = $3 or previous_secret = $3)",
        Uuid::from(tx.org()),
        Uuid::from(id),
        old,
        new,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Kept answers, in the order of their keys.
#[tracing::instrument(name = "db.sealed.answers", skip_all)]
pub async fn answers(tenant: &mut impl Tenant, after: Option<&Answer>) -> Result<Vec<Answer>> {
    Ok(sqlx::query_as!(
        Answer,
        r#"select principal, method, path, key, answer as "answer!" from idempotency_keys
           where org_id = $1 and answer is not null
               and ($2::text is null or (principal, method, path, key) > ($2, $3, $4, $5))
           order by principal, method, path, key limit $6"#,
        Uuid::from(tenant.org()),
        after.map(|it| it.principal.as_str()),
        after.map(|it| it.method.as_str()),
        after.map(|it| it.path.as_str()),
        after.map(|it| it.key.as_str()),
        ANSWERS,
    )
    .fetch_all(tenant.conn())
    .await?)
}

/// Puts the same answer in the place of this one.
#[tracing::instrument(name = "db.sealed.put_answer", skip_all)]
pub async fn put_answer(tx: &mut Tx, old: &Answer, new: &[u8]) -> Result<()> {
    sqlx::query!(
        "update idempotency_keys set answer = $7
         where org_id = $1 and principal = $2 and method = $3 and path = $4 and key = $5
           and answer = $6",
        Uuid::from(tx.org()),
        old.principal,
        old.method,
        old.path,
        old.key,
        old.answer,
        new,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
