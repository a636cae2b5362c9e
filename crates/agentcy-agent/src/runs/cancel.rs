//! Stopping a run.

use agentcy_core::{
    Action, By, Caller,
    id::{AgentId, ConversationId, RunId},
};
use agentcy_platform::{Error, Result, conversations, wake::Bell};
use agentcy_store::{Tx, audit, runs as store, runs::Run};
use serde_json::json;

use super::{Runs, read::of_agent};
use crate::run::Halt;

const NOT_THEIRS: &str = "the conversation is somebody else's";

/// Stops the answer that is being given in a conversation, if there is one. It ends with its last event a moment later.
///
/// Errors: `not_found`, `insufficient_role` (somebody else's).
#[tracing::instrument(name = "runs.cancel", skip_all)]
pub async fn cancel(runs: &Runs, caller: &Caller, conversation: ConversationId) -> Result<()> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::RunCancel).await?;
    let mut tx = platform.begin(&by).await?;
    let found = conversations::visible(platform, &by, &mut tx, conversation).await?;
    platform.permit_on(&by, conversations::may_write(&by, &found), NOT_THEIRS).await?;
    let Some(active) = found.active_run else { return Ok(tx.commit().await?) };
    stop(runs, &by, tx, active).await
}

/// Stops a run of an agent, also one that waits for its turn. Gives it as it is then.
///
/// Errors: `not_found`, `insufficient_role` (somebody else's).
#[tracing::instrument(name = "runs.cancel_run", skip_all)]
pub async fn cancel_run(runs: &Runs, caller: &Caller, agent: AgentId, id: RunId) -> Result<Run> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::RunCancel).await?;
    let mut tx = platform.begin(&by).await?;
    let run = of_agent(platform, &by, &mut tx, agent, id).await?;
    let found = conversations::visible(platform, &by, &mut tx, run.conversation_id).await?;
    platform.permit_on(&by, conversations::may_write(&by, &found), NOT_THEIRS).await?;
    if run.state.is_over() {
        tx.commit().await?;
        return Ok(run);
    }
    stop(runs, &by, tx, id).await?;
    let found = store::find(&mut platform.read(&by).await?, id).await?;
    found.ok_or_else(|| Error::not_found("run"))
}

async fn stop(runs: &Runs, by: &By, mut tx: Tx, id: RunId) -> Result<()> {
    let platform = &runs.platform;
    store::ask_cancel(&mut tx, id, false, platform.now()).await?;
    audit::record(&mut tx, &platform.done(by, id, json!({}))).await?;
    tx.commit().await?;
    runs.keeper.halt(id, Halt::Cancelled);
    platform.ring(Bell::Runs).await;
    Ok(())
}
