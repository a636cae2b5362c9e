//! The end of a run: its last event, and all that it comes to, in one commit.

use agentcy_core::{
    Timestamp,
    chat::{
        ApprovalState, CallState, FinishReason, LogEvent, MessageState, Part, RunErrorCode,
        RunState,
    },
};
use agentcy_platform::wake::Bell;
use agentcy_store::{
    approvals, messages,
    runs::{self, Ending, Failure, Run},
    usage::{self, Share, Sums},
};
use tokio::time::Instant;

use super::{
    LEASE, MARGIN,
    approved::resolved,
    commit::{Saving, how_far},
    session::Session,
    stop::{End, Stop},
};
use crate::{approvals::tell, tasks};

impl Session {
    /// Ends the run, and hands the conversation to the next that waits.
    pub(super) async fn finish(&mut self, end: &End) -> Result<(), Stop> {
        self.add_used();
        self.writer.hold();
        if self.is_plain() {
            return self.finish_plainly(end).await;
        }
        let mut saving = self.open_to_finish().await?;
        self.close_approvals(&mut saving).await?;
        self.calls.cancel_rest(saving.now);
        let terminal = self.terminal(end);
        self.append(&terminal)?;
        self.write_end(&mut saving, end).await?;
        let next = runs::promote(&mut saving.tx, self.run.conversation_id, saving.now).await?;
        self.seal(saving).await?;
        if next.is_some() {
            self.runs.platform.ring(Bell::Runs).await;
        }
        if self.run.task_run_id.is_some() {
            agentcy_platform::tasks::wake(&self.runs.platform).await;
        }
        Ok(())
    }

    /// Whether nothing is open that the end has to see to: no call, and no task that it is the work of.
    fn is_plain(&self) -> bool {
        self.calls.is_settled() && self.task.is_none() && self.run.task_run_id.is_none()
    }

    /// Ends the run in one statement, which needs no transaction around it.
    async fn finish_plainly(&mut self, end: &End) -> Result<(), Stop> {
        let held_until = Instant::now() + LEASE - MARGIN;
        let now = self.runs.platform.now();
        self.append(&self.terminal(end))?;
        let (state, finish_reason, error) = self.conclude(end, now);
        let output = self.message.parts.iter().rev().find_map(text_of);
        let ending = Ending { state, finish_reason, error: error.as_ref(), output };
        let hold = self.hold();
        let progress = how_far(&self.run, self.turns, &self.clock, now);
        let ending = runs::End {
            hold,
            ending: &ending,
            progress: &progress,
            lines: self.writer.lines(now)?,
            answer: &self.message,
            share: share(&self.run, now),
        };
        let mut tenant = self.runs.platform.read(&self.by).await?;
        let next = runs::end(&mut tenant, &ending).await?;
        drop(tenant);
        self.is_durable(held_until);
        if next.is_some() {
            self.runs.platform.ring(Bell::Runs).await;
        }
        Ok(())
    }

    /// Locked beforehand only where a decision may come in between; else the log, which is written first, locks.
    async fn open_to_finish(&mut self) -> Result<Saving, Stop> {
        if !self.calls.in_state(CallState::Waiting).is_empty() {
            return self.open_locked().await;
        }
        let mut saving = self.open().await?;
        self.lock_task(&mut saving).await?;
        Ok(saving)
    }

    /// What was asked and not decided need not be any more.
    async fn close_approvals(&mut self, saving: &mut Saving) -> Result<(), Stop> {
        let waiting = self.calls.in_state(CallState::Waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let run = runs::held(&mut saving.tx, self.hold()).await?;
        let state =
            if run.superseded { ApprovalState::Superseded } else { ApprovalState::Cancelled };
        let closed = approvals::resolve_all(&mut saving.tx, self.run.id, state, saving.now).await?;
        let all = approvals::of_calls(&mut saving.tx, &waiting).await?;
        for one in all.iter().filter(|one| closed.contains(&one.id)) {
            self.append(&resolved(one))?;
            tell(&self.runs.platform, &mut saving.tx, "approval.resolved", one).await?;
        }
        Ok(())
    }

    fn terminal(&self, end: &End) -> LogEvent {
        match end {
            End::Finished(finish_reason) => LogEvent::MessageEnd {
                message_id: self.message.id,
                finish_reason: *finish_reason,
                usage: self.run.usage,
            },
            End::Failed { code, message, retryable } => {
                LogEvent::Error { code: *code, message: message.clone(), retryable: *retryable }
            }
        }
    }

    /// Makes the answer what it is in the end.
    fn conclude(
        &mut self,
        end: &End,
        now: Timestamp,
    ) -> (RunState, Option<FinishReason>, Option<Failure>) {
        let (run_state, message_state) = states(end);
        let (finish_reason, error) = match end {
            End::Finished(reason) => (Some(*reason), None),
            End::Failed { code, message, retryable } => {
                let failure =
                    Failure { code: *code, message: message.clone(), retryable: *retryable };
                (None, Some(failure))
            }
        };
        self.message.state = message_state;
        self.message.finish_reason = finish_reason;
        self.message.error.clone_from(&error);
        self.message.finished_at = Some(now);
        self.message.parts = self.answer.parts().to_vec();
        self.message.model.clone_from(&self.run.model);
        self.message.usage = Some(self.run.usage);
        (run_state, finish_reason, error)
    }

    async fn write_end(&mut self, saving: &mut Saving, end: &End) -> Result<(), Stop> {
        let (run_state, finish_reason, error) = self.conclude(end, saving.now);
        self.write_log(saving).await?;
        self.write_calls(saving).await?;
        messages::update(&mut saving.tx, &self.message).await?;
        let output = self.message.parts.iter().rev().find_map(text_of);
        let ending = Ending { state: run_state, finish_reason, error: error.as_ref(), output };
        let progress = self.progress(saving.now);
        runs::finish(&mut saving.tx, self.hold(), &ending, &progress).await?;
        if let Some(id) = self.run.task_run_id {
            let (platform, tx) = (&self.runs.platform, &mut saving.tx);
            tasks::ended(platform, tx, id, self.run.id, &ending, saving.now).await?;
        }
        self.count(saving).await
    }

    async fn count(&self, saving: &mut Saving) -> Result<(), Stop> {
        let Some(share) = share(&self.run, saving.now) else { return Ok(()) };
        let usage = self.run.usage;
        let sums = Sums {
            runs: 1,
            in_tokens: usage.in_tokens,
            out_tokens: usage.out_tokens,
            cost_usd: usage.cost_usd,
        };
        Ok(usage::add(&mut saving.tx, share, sums).await?)
    }
}

/// Whose use it is; a run that never asked a model used none.
fn share(run: &Run, now: Timestamp) -> Option<Share<'_>> {
    let model = run.model.as_deref()?;
    let (user, key) = (run.starter.parse().ok(), run.starter.parse().ok());
    Some(Share { day: now.date_naive(), user, key, agent: run.agent_id, model })
}

fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text, .. } => Some(text),
        _ => None,
    }
}

fn states(end: &End) -> (RunState, MessageState) {
    match end {
        End::Finished(FinishReason::Cancelled)
        | End::Failed { code: RunErrorCode::Cancelled, .. } => {
            (RunState::Cancelled, MessageState::Cancelled)
        }
        End::Finished(FinishReason::ApprovalExpired) => (RunState::Failed, MessageState::Complete),
        End::Finished(_) => (RunState::Succeeded, MessageState::Complete),
        End::Failed { .. } => (RunState::Failed, MessageState::Failed),
    }
}
