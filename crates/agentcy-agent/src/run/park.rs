//! A person decides: the run lets go of everything until then.

use agentcy_core::{
    Timestamp,
    chat::{ApprovalState, CallState, LogEvent},
    id::{ApprovalId, ToolCallId},
};
use agentcy_store::{
    approvals::{self, Approval},
    runs,
};
use chrono::TimeDelta;

use super::{commit::Saving, session::Session, stop::Stop};
use crate::{
    approvals::tell,
    tasks,
    tools::{Judged, Verdict},
};

impl Session {
    /// Asks about these calls, and parks the run.
    pub(super) async fn park(&mut self, asked: Vec<(ToolCallId, Judged)>) -> Result<(), Stop> {
        // Locked before anything is said, so that nobody stops the run between the question and its row.
        let mut saving = self.open_locked().await?;
        self.check()?;
        let of_task = self.task.as_ref().and_then(|task| task.approval_timeout_secs);
        let patience = of_task.unwrap_or(self.stage.approval_timeout_secs);
        let expires_at = saving.now + TimeDelta::seconds(patience.into());
        self.writer.hold();
        let mut rows = Vec::with_capacity(asked.len());
        for (id, judged) in asked {
            let row = self.question(id, judged, saving.now, expires_at);
            self.calls.change(id, |call| call.state = CallState::Waiting);
            self.append(&required(&row))?;
            rows.push(row);
        }
        self.write_step(&mut saving).await?;
        for row in &rows {
            approvals::insert(&mut saving.tx, row).await?;
            tell(&self.runs.platform, &mut saving.tx, "approval.requested", row).await?;
        }
        runs::park(&mut saving.tx, self.hold(), expires_at, saving.now).await?;
        self.tell_task(&mut saving).await?;
        self.seal(saving).await?;
        Err(Stop::Parked)
    }

    /// Tells how the task's run stands, if it is one's.
    pub(super) async fn tell_task(&self, saving: &mut Saving) -> Result<(), Stop> {
        if let Some(id) = self.run.task_run_id {
            tasks::moved(&self.runs.platform, &mut saving.tx, id).await?;
        }
        Ok(())
    }

    fn question(
        &self,
        id: ToolCallId,
        judged: Judged,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Approval {
        let reason = match judged.verdict {
            Verdict::Ask { reason } => reason,
            Verdict::Run(_) | Verdict::Refuse { .. } => "a person decides".to_owned(),
        };
        Approval {
            id: self.runs.platform.new_id::<ApprovalId>(),
            conversation_id: self.run.conversation_id,
            run_id: self.run.id,
            tool_call_id: id,
            tool: judged.label,
            connector: judged.connector,
            args: judged.args,
            args_schema: judged.args_schema,
            digest: judged.digest.to_vec(),
            effect: judged.effect,
            reason,
            requested_by: self.run.starter.clone(),
            state: ApprovalState::Pending,
            call_state: CallState::Waiting,
            decided_by: None,
            note: None,
            remember_until: None,
            expires_at,
            created_at: now,
            decided_at: None,
        }
    }
}

fn required(row: &Approval) -> LogEvent {
    LogEvent::ApprovalRequired {
        approval_id: row.id,
        tool_call_id: row.tool_call_id,
        tool: row.tool.clone(),
        args: row.args.clone(),
        effect: row.effect,
        reason: row.reason.clone(),
        expires_at: row.expires_at,
    }
}
