//! Watching: an answer from its first event, or a conversation from any event on.

use agentcy_core::{
    Action, Caller,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Error, Result, conversations};
use futures_util::{StreamExt, TryStreamExt, future::ready};

use super::{Runs, Started};
use crate::log::{Entry, Tail, Until, attend};

const ASKED: &str = "user_message";

/// The answer that was just asked for.
pub fn answer(runs: &Runs, started: &Started) -> Tail {
    let Started { run, after, by, .. } = started;
    let until = Until::Run(run.id);
    let tail = attend(&runs.hub, &runs.platform, by.clone(), run.conversation_id, *after, until);
    from_its_start(tail)
}

/// Without what was asked, which whoever asked knows: the first event of an answer is its start.
fn from_its_start(tail: Tail) -> Tail {
    let answer = |mut entries: Vec<Entry>| {
        entries.retain(|entry| entry.name() != ASKED);
        entries
    };
    tail.map_ok(answer).try_filter(|entries| ready(!entries.is_empty())).boxed()
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
    let until = Until::Run(run);
    Ok(from_its_start(attend(&runs.hub, platform, by, conversation, after, until)))
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
