//! Watching: an answer from its first event, or a conversation from any event on.

use std::fmt;

use agentcy_core::{
    Action, Caller,
    id::{ConversationId, RunId},
};
use agentcy_platform::{
    Error, Result,
    conversations::{self, Conversation},
};
use agentcy_store::runs as store;

use super::{Runs, Started};
use crate::{
    log::{Follow, Reader, Tail, Until, attend, stay},
    run::Work,
};

/// The answer that was just asked for.
pub fn answer(runs: &Runs, started: &Started) -> Tail {
    let Started { run, after, by, work, .. } = started;
    let (until, by) = (Until::Answer(run.id), by.clone());
    let reader = Reader::new(&runs.hub, &runs.platform, by, run.conversation_id, *after, until);
    Box::pin(Follow::working(reader, work.as_ref().map(Work::hand)))
}

/// An answer that was asked for before, from its first event, which comes after this number.
///
/// Errors: `not_found`.
#[tracing::instrument(name = "runs.answer_again", skip_all)]
pub async fn answer_again(
    runs: &Runs,
    caller: &Caller,
    conversation: ConversationId,
    run: RunId,
    after: i64,
) -> Result<Tail> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::ConversationRead).await?;
    conversations::visible(platform, &by, &mut platform.read(&by).await?, conversation).await?;
    Ok(attend(&runs.hub, platform, by, conversation, after, Until::Answer(run)))
}

/// What happens in a conversation after an event; `None` when there is nothing newer and no answer is being given.
///
/// Errors: `not_found`, `invalid` (a number that no event has had).
#[tracing::instrument(name = "runs.follow", skip_all)]
pub async fn follow(
    runs: &Runs,
    caller: &Caller,
    conversation: ConversationId,
    after: i64,
) -> Result<Option<Tail>> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let mut reader = platform.read(&by).await?;
    let found = conversations::visible(platform, &by, &mut reader, conversation).await?;
    drop(reader);
    if !(0..=found.reserved).contains(&after) {
        return Err(Error::invalid_field("after", "is no number of an event of the conversation"));
    }
    if found.active_run.is_none() && found.last_seq <= after {
        return Ok(None);
    }
    Ok(Some(attend(&runs.hub, platform, by, conversation, after, Until::Quiet)))
}

/// What somebody watches, from where on.
pub struct Watched {
    /// The conversation that it is in.
    pub conversation: ConversationId,
    /// The number that it comes after.
    pub after: i64,
    /// Whether that is another number than the one asked for, which no event has had.
    pub is_reset: bool,
    /// What happens.
    pub tail: Tail,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("conversation", &self.conversation).finish_non_exhaustive()
    }
}

/// What happens in a conversation, for as long as it is there: after an event, or from now on.
///
/// Errors: `not_found`.
#[tracing::instrument(name = "runs.watch", skip_all)]
pub async fn watch(
    runs: &Runs,
    caller: &Caller,
    conversation: ConversationId,
    after: Option<i64>,
) -> Result<Watched> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let mut reader = platform.read(&by).await?;
    let found = conversations::visible(platform, &by, &mut reader, conversation).await?;
    let (after, is_reset) = begin(&found, after);
    let tail = stay(&runs.hub, platform, by, conversation, after);
    Ok(Watched { conversation, after, is_reset, tail })
}

/// What happens in a run until it is over: after an event, or from now on.
///
/// Errors: `not_found`.
#[tracing::instrument(name = "runs.watch_run", skip_all)]
pub async fn watch_run(
    runs: &Runs,
    caller: &Caller,
    run: RunId,
    after: Option<i64>,
) -> Result<Watched> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::ConversationRead).await?;
    let mut reader = platform.read(&by).await?;
    let found = store::find(&mut reader, run).await?.ok_or_else(|| Error::not_found("run"))?;
    let conversation = found.conversation_id;
    let found = conversations::visible(platform, &by, &mut reader, conversation).await?;
    let (after, is_reset) = begin(&found, after);
    let tail = attend(&runs.hub, platform, by, conversation, after, Until::Run(run));
    Ok(Watched { conversation, after, is_reset, tail })
}

fn begin(found: &Conversation, after: Option<i64>) -> (i64, bool) {
    match after {
        None => (found.last_seq, false),
        Some(after) if (0..=found.reserved).contains(&after) => (after, false),
        Some(_) => (found.last_seq, true),
    }
}
