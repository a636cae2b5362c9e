//! A parked run is woken: what was decided meanwhile, or that nobody did.

use agentcy_core::{
    ErrorCode,
    chat::{ApprovalState, CallState, FinishReason, LogEvent},
};
use agentcy_store::{
    approvals::{self, Approval},
    runs,
};

use super::{commit::Saving, session::Session, stop::Stop};
use crate::{approvals::tell, tools};

impl Session {
    /// Takes the decisions that the run waits for, or parks it again until they are there.
    pub(super) async fn hear_decisions(&mut self) -> Result<(), Stop> {
        let waiting = self.calls.in_state(CallState::Waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut saving = self.open_locked().await?;
        self.check()?;
        let expired = approvals::expire(&mut saving.tx, self.run.id, saving.now).await?;
        let decided = approvals::of_calls(&mut saving.tx, &waiting).await?;
        // Also what expired before a process that died could end the run.
        let is_over = decided.iter().any(|one| one.state == ApprovalState::Expired);
        let pending = decided.iter().filter(|one| one.state == ApprovalState::Pending);
        if let Some(first) = pending.map(|one| one.expires_at).min()
            && !is_over
        {
            runs::park(&mut saving.tx, self.hold(), first, saving.now).await?;
            self.tell_task(&mut saving).await?;
            self.seal(saving).await?;
            return Err(Stop::Parked);
        }
        // Said together with the first claim, or with the end.
        self.writer.hold();
        for one in decided.iter().filter(|one| one.state != ApprovalState::Pending) {
            self.append(&resolved(one))?;
        }
        if is_over {
            let told = decided.iter().filter(|one| expired.contains(&one.id));
            return self.expire(saving, told).await;
        }
        drop(saving);
        decided.into_iter().try_for_each(|one| self.take_decision(one))
    }

    async fn expire(
        &mut self,
        mut saving: Saving,
        expired: impl Iterator<Item = &Approval>,
    ) -> Result<(), Stop> {
        for one in expired {
            tell(&self.runs.platform, &mut saving.tx, "approval.resolved", one).await?;
        }
        self.write_log(&mut saving).await?;
        self.seal(saving).await?;
        Err(Stop::finished(FinishReason::ApprovalExpired))
    }

    fn take_decision(&mut self, decided: Approval) -> Result<(), Stop> {
        let id = decided.tool_call_id;
        match decided.state {
            ApprovalState::Approved => {
                self.calls.change(id, |call| call.state = CallState::Requested);
                self.approvals.push(decided);
                Ok(())
            }
            ApprovalState::Denied => {
                self.end_call(id, CallState::Refused, tools::denied(decided.note.as_deref()))
            }
            _ => self.refuse(id, ErrorCode::PolicyDenied, "nobody agreed to it"),
        }
    }
}

pub(super) fn resolved(approval: &Approval) -> LogEvent {
    LogEvent::ApprovalResolved {
        approval_id: approval.id,
        state: approval.state,
        decided_by: approval.decided_by.clone(),
        note: approval.note.clone(),
    }
}
