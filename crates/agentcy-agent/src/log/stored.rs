//! What the store says of a conversation's log.

use agentcy_core::{
    By,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Error, Platform, Result};
use agentcy_store::{conversation_log, conversations, runs};
use bytes::Bytes;

use super::entry::{self, Entry};

/// How many bytes are read at once, roughly.
const PAGE: i64 = 256 << 10;

/// How far a log goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) last_seq: i64,
    pub(crate) active_run: Option<RunId>,
}

/// How far the log goes now; none when there is no such conversation any more.
pub(crate) async fn tip(platform: &Platform, by: &By, id: ConversationId) -> Result<Option<Tip>> {
    let mut reader = platform.read(by).await?;
    let found = conversations::find(&mut reader, id).await?;
    Ok(found.map(|found| Tip { last_seq: found.last_seq, active_run: found.active_run }))
}

/// The entries after a number, the first of them, and the claim under which the last was written.
pub(crate) async fn after(
    platform: &Platform,
    by: &By,
    id: ConversationId,
    seq: i64,
) -> Result<Option<(Vec<Entry>, (RunId, i64))>> {
    let mut reader = platform.read(by).await?;
    let rows = conversation_log::after(&mut reader, id, seq, PAGE).await?;
    drop(reader);
    let Some(claim) = rows.last().map(|row| (row.run_id, row.fence)) else { return Ok(None) };
    let mut entries = Vec::new();
    for row in rows {
        let lines = Bytes::from(row.events);
        let read = entry::read(row.run_id, &lines).map_err(|entry::Malformed| {
            let id = format!("{id} {}", row.first_seq);
            agentcy_store::Error::corrupt("conversation_log", id, "it is not made of lines")
        })?;
        entries.extend(read.into_iter().filter(|entry| entry.seq() > seq));
    }
    Ok(Some((entries, claim)))
}

/// Whether nothing more will come of a run.
pub(crate) async fn is_over(platform: &Platform, by: &By, run: RunId) -> Result<bool> {
    let mut reader = platform.read(by).await?;
    let found = runs::find(&mut reader, run).await?;
    Ok(found.is_none_or(|run| run.state.is_over()))
}

/// Whether the same question may be answered later.
pub(crate) const fn is_outage(error: &Error) -> bool {
    matches!(error, Error::Store(agentcy_store::Error::Unavailable(_)))
}
