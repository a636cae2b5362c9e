//! What was uploaded for a source: kept in pieces, read in pieces.

use std::time::Duration;

use agentcy_core::{Action, By, Caller, ErrorCode, id::SourceId};
use agentcy_sources::{Content, Error as SourceError, Result as SourceResult};
use agentcy_store::{
    audit,
    source_contents::{self as store, PIECE, Swap},
    sources::{Source, Upload},
};
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use futures_util::{StreamExt, stream::BoxStream};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use super::find;
use crate::{Error, Platform, Result};

/// What a stream that breaks says.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How large an upload may be, in bytes.
pub const MAX_CONTENT: usize = 64 << 20;

/// How long the next bytes of an upload may take.
const STALL: Duration = Duration::from_secs(30);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_mins(15);
/// After which time one that does not count was cut off.
const LEFT: TimeDelta = TimeDelta::minutes(30);

/// Keeps an upload, in place of the one before once all of it has arrived, and says how many bytes it has.
///
/// Errors: `not_found`, `invalid` (the connector reads no uploads, or nothing came), `payload_too_large`, `malformed`
/// (the upload broke off), `in_use` (another one came to count meanwhile).
pub async fn upload(
    platform: &Platform,
    caller: &Caller,
    id: SourceId,
    pieces: BoxStream<'_, Result<Bytes, BoxError>>,
) -> Result<u64> {
    let by = platform.permit(caller, Action::SourceUpload).await?;
    let source = find(&mut platform.db.read(&by).await?, by.realms(), id).await?;
    let takes = platform.connectors.get(&source.source_type).is_some_and(|kind| kind.uploads());
    if !takes {
        let message = format!("a {} source reads no uploads", source.source_type);
        return Err(Error::invalid_field("source_id", message));
    }
    let mut tx = platform.db.begin(&by).await?;
    store::sweep(&mut tx, id, platform.clock.now() - LEFT).await?;
    tx.commit().await?;
    let upload: Uuid = Uuid::from(platform.ids.next::<SourceId>());
    let bytes = match timeout(WHOLE, keep(platform, &by, id, upload, pieces)).await {
        Ok(Ok((bytes, count))) => {
            count_in(platform, &by, id, Upload { id: upload, bytes }, count).await
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let message = "the upload took longer than 15 minutes";
            Err(Error::refused(ErrorCode::Malformed, message))
        }
    };
    if bytes.is_err() {
        let mut tx = platform.db.begin(&by).await?;
        store::abandon(&mut tx, id, upload).await?;
        tx.commit().await?;
    }
    bytes
}

/// Makes an upload the one that counts.
async fn count_in(
    platform: &Platform,
    by: &By,
    id: SourceId,
    upload: Upload,
    pieces: i32,
) -> Result<u64> {
    let mut tx = platform.db.begin(by).await?;
    match store::swap(&mut tx, id, upload, pieces.into(), platform.clock.now()).await? {
        Swap::Done => {}
        Swap::Gone => return Err(Error::not_found("source")),
        Swap::Overtaken => {
            let message = "another upload for the source arrived meanwhile, and counts";
            return Err(Error::refused(ErrorCode::InUse, message));
        }
    }
    audit::record(&mut tx, &platform.done(by, id, json!({ "bytes": upload.bytes }))).await?;
    tx.commit().await?;
    Ok(upload.bytes.unsigned_abs())
}

/// Writes the pieces as they come, and says how many bytes and pieces that were.
async fn keep(
    platform: &Platform,
    by: &By,
    source: SourceId,
    upload: Uuid,
    mut incoming: BoxStream<'_, Result<Bytes, BoxError>>,
) -> Result<(i64, i32)> {
    let (mut total, mut count) = (0_usize, 0);
    let mut buffer = BytesMut::with_capacity(PIECE);
    loop {
        let next = timeout(STALL, incoming.next()).await;
        let broken = || Error::refused(ErrorCode::Malformed, "the upload broke off");
        let arrived = match next.map_err(|_| broken())? {
            Some(arrived) => Some(arrived.map_err(|_| broken())?),
            None => None,
        };
        let is_last = arrived.is_none();
        let mut rest = arrived.unwrap_or_default();
        total += rest.len();
        if total > MAX_CONTENT {
            let message = "the upload is over 64 MiB";
            return Err(Error::refused(ErrorCode::PayloadTooLarge, message));
        }
        loop {
            let take = rest.len().min(PIECE - buffer.len());
            buffer.extend_from_slice(&rest.split_to(take));
            if buffer.len() == PIECE || (is_last && !buffer.is_empty()) {
                let mut tx = platform.db.begin(by).await?;
                store::append(&mut tx, source, upload, count, &buffer).await?;
                tx.commit().await?;
                count += 1;
                buffer.clear();
            }
            if rest.is_empty() {
                break;
            }
        }
        if is_last {
            break;
        }
    }
    if count == 0 {
        return Err(Error::invalid_field("$", "the upload is empty"));
    }
    Ok((i64::try_from(total).unwrap_or(i64::MAX), count))
}

/// The upload of a source, for its connector.
#[derive(Debug, Clone)]
pub(crate) struct StoredContent {
    platform: Platform,
    by: By,
    source: SourceId,
    upload: Upload,
}

impl StoredContent {
    /// What was uploaded for a source, if something was.
    pub(crate) fn of(platform: &Platform, by: &By, source: &Source) -> Option<Self> {
        let (platform, by) = (platform.clone(), by.clone());
        source.content.map(|upload| Self { platform, by, source: source.id, upload })
    }

    async fn piece(&self, piece: i32) -> SourceResult<Option<Bytes>> {
        let unavailable = |error: agentcy_store::Error| SourceError::Unavailable(error.into());
        let mut reader = self.platform.db.read(&self.by).await.map_err(unavailable)?;
        let found = store::piece(&mut reader, self.source, self.upload.id, piece).await;
        Ok(found.map_err(unavailable)?.map(Bytes::from))
    }
}

impl Content for StoredContent {
    fn read(&self) -> BoxStream<'_, SourceResult<Bytes>> {
        let stream = async_stream::try_stream! {
            let mut left = self.upload.bytes;
            let mut next = 0;
            while left > 0 {
                let piece = self.piece(next).await?;
                // Another upload came to count meanwhile; the next attempt reads that.
                let piece = piece.ok_or_else(|| SourceError::Unavailable("the upload was replaced".into()))?;
                left -= i64::try_from(piece.len()).unwrap_or(i64::MAX);
                next += 1;
                yield piece;
            }
        };
        stream.boxed()
    }
}
