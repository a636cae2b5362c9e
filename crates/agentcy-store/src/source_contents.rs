//! What was uploaded for a source, in pieces; the source names the upload that counts.

use agentcy_core::{Timestamp, id::SourceId};
use uuid::Uuid;

use crate::{Result, Tenant, Tx, sources::Upload};

/// How many bytes a piece has at most: one is all that a reader or writer holds in memory.
pub const PIECE: usize = 1 << 20;

/// Keeps one piece of an upload that does not count yet. Pieces are numbered from 0 on.
#[tracing::instrument(name = "db.source_contents.append", skip_all)]
pub async fn append(
    tx: &mut Tx,
    source: SourceId,
    upload: Uuid,
    piece: i32,
    bytes: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into source_contents (org_id, source_id, content_id, piece, bytes)
         values ($1, $2, $3, $4, $5)",
        Uuid::from(tx.org()),
        Uuid::from(source),
        upload,
        piece,
        bytes,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What became of an upload that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// It counts.
    Done,
    /// The source is gone.
    Gone,
    /// Another upload came to count while this one was under way.
    Overtaken,
}

/// Makes an upload the one that counts, and removes every other.
#[tracing::instrument(name = "db.source_contents.swap", skip_all)]
pub async fn swap(
    tx: &mut Tx,
    source: SourceId,
    upload: Upload,
    pieces: i64,
    at: Timestamp,
) -> Result<Swap> {
    let (org, id) = (Uuid::from(tx.org()), Uuid::from(source));
    // Locked first: of two swaps at once the second waits here, and then finds its pieces gone.
    let source =
        sqlx::query!("select id from sources where org_id = $1 and id = $2 for update", org, id)
            .fetch_optional(tx.conn())
            .await?;
    if source.is_none() {
        return Ok(Swap::Gone);
    }
    let named = sqlx::query!(
        "update sources set content_id = $3, content_bytes = $4, updated_at = $5
         where org_id = $1 and id = $2 and $6 = (
             select count(*) from source_contents
             where org_id = $1 and source_id = $2 and content_id = $3)",
        org,
        id,
        upload.id,
        upload.bytes,
        at,
        pieces,
    )
    .execute(tx.conn())
    .await?;
    if named.rows_affected() == 0 {
        return Ok(Swap::Overtaken);
    }
    sqlx::query!(
        "delete from source_contents where org_id = $1 and source_id = $2 and content_id <> $3",
        org,
        id,
        upload.id,
    )
    .execute(tx.conn())
    .await?;
    Ok(Swap::Done)
}

/// Removes uploads that do not count and began before then: whoever sent them was cut off. Their ids say when they began.
#[tracing::instrument(name = "db.source_contents.sweep", skip_all)]
pub async fn sweep(tx: &mut Tx, source: SourceId, before: Timestamp) -> Result<()> {
    let millis = u64::try_from(before.timestamp_millis()).unwrap_or(0);
    let first = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    sqlx::query!(
        "delete from source_contents c
         where c.org_id = $1 and c.source_id = $2 and c.content_id < $3
             and not exists (select from sources s
                 where s.org_id = $1 and s.id = $2 and s.content_id = c.content_id)",
        Uuid::from(tx.org()),
        Uuid::from(source),
        first,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes an upload that was given up.
#[tracing::instrument(name = "db.source_contents.abandon", skip_all)]
pub async fn abandon(tx: &mut Tx, source: SourceId, upload: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from source_contents
         where org_id = $1 and source_id = $2 and content_id = $3
             and not exists (select from sources where org_id = $1 and id = $2 and content_id = $3)",
        Uuid::from(tx.org()),
        Uuid::from(source),
        upload,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One piece; none after the last, or once another upload counts.
#[tracing::instrument(name = "db.source_contents.piece", skip_all)]
pub async fn piece(
    tenant: &mut impl Tenant,
    source: SourceId,
    upload: Uuid,
    piece: i32,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "select bytes from source_contents
         where org_id = $1 and source_id = $2 and content_id = $3 and piece = $4",
        Uuid::from(tenant.org()),
        Uuid::from(source),
        upload,
        piece,
    )
    .fetch_optional(tenant.conn())
    .await?)
}
