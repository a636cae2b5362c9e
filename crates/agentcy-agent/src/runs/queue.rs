//! A message comes while another is being answered.

use agentcy_core::{
    ErrorCode, Timestamp,
    chat::{OnBusy, RunState},
    id::RunId,
};
use agentcy_platform::{Error, Result, wake::Bell};
use agentcy_store::{
    Tx, approvals, conversations, messages,
    runs::{self, NewRun, Run, Start},
};
use serde_json::json;

use super::{
    MAX_QUEUED, Runs, Started, keep_answer,
    send::{Asking, question, title},
};
use crate::run::{Halt, blank_answer};

/// Deals with the run that answers now, as the message wants it. Gives that run, which goes first.
///
/// Errors: `run_active`.
pub(super) async fn make_way(asking: &mut Asking, now: Timestamp) -> Result<Option<RunId>> {
    let Some(active) = asking.stage.conversation.active_run else { return Ok(None) };
    let tx = &mut asking.tx;
    let unfinished = runs::unfinished(tx, asking.stage.conversation.id).await?;
    match asking.message.on_busy {
        OnBusy::Refuse => return Err(busy(tx, active, "an answer is being given").await?),
        OnBusy::Queue => {}
        OnBusy::Interrupt => {
            runs::ask_cancel(tx, active, true, now).await?;
        }
    }
    let waiting = unfinished.iter().filter(|run| run.id != active).count();
    if i64::try_from(waiting).is_ok_and(|waiting| waiting >= MAX_QUEUED) {
        return Err(busy(tx, active, "too many messages wait already").await?);
    }
    Ok(Some(active))
}

async fn busy(tx: &mut Tx, run: RunId, message: &'static str) -> Result<Error> {
    let pending = approvals::pending_of_run(tx, run).await?;
    let mut details = json!({ "run_id": run });
    if let Some(first) = pending.first() {
        details["approval_id"] = json!(first.id);
    }
    Ok(Error::refused(ErrorCode::RunActive, message).with_details(details))
}

/// Lets a message wait: for the answer before it, or, as the next one, for room in some process.
pub(super) async fn wait(
    runs: &Runs,
    asking: Asking,
    new: NewRun,
    is_next: bool,
) -> Result<Started> {
    let Asking { by, mut tx, stage, message, keep, .. } = asking;
    let now = new.at;
    let run = NewRun { start: Start::Pending { wake_at: is_next.then_some(now) }, ..new };
    runs::insert(&mut tx, &run).await?;
    let said = [question(runs, &run, &message.content), blank_answer(&run, now)];
    messages::insert(&mut tx, &said).await?;
    if is_next {
        let title = title(&message.content);
        conversations::engage(&mut tx, run.conversation_id, run.id, &title, now).await?;
    }
    let row: Run = runs::find(&mut tx, run.id)
        .await?
        .ok_or_else(|| Error::internal("a run is gone", "it was just made"))?;
    debug_assert_eq!(row.state, RunState::Pending);
    let after = stage.conversation.last_seq;
    let started = Started { run: row, message_id: run.message_id, after, by, work: None };
    keep_answer(runs, &mut tx, keep, &started).await?;
    tx.commit().await?;
    if message.on_busy == OnBusy::Interrupt
        && let Some(active) = stage.conversation.active_run
    {
        runs.keeper.halt(active, Halt::Cancelled);
    }
    runs.platform.ring(Bell::Runs).await;
    Ok(started)
}
