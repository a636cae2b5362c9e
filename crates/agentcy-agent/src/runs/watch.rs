//! Watching: an answer from its first event, or a conversation from any event on.

use agentcy_core::{
    Action, Caller,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Error, Result, conversations};

use super::{Runs, Started};
use crate::log::{Tail, Until, attend};

/// The answer that was just asked for.
pub fn answer(runs: &Runs, started: &Started) -> Tail {
    let Started { run, after, by, .. } = started;
    let until = Until::Run(run.id);
    attend(&runs.hub, &runs.platform, by.clone(), run.conversation_id, *after, until)
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
    Ok(attend(&runs.hub, platform, by, conversation, after, Until::Run(run)))
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
