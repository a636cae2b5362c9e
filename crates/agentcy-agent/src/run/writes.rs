//! Calls that change something: one after another, each claimed before it begins.

use agentcy_core::{
    ErrorCode,
    chat::{CallState, FinishReason},
    id::ToolCallId,
    tool::Effect,
};
use agentcy_store::tool_calls::{self, PassedBy};
use tokio::time::Instant;

use super::{commit::Saving, session::Session, stop::Stop};
use crate::tools::{Call, Judged, Verdict};

impl Session {
    /// Judges a call as it is now: one that a person agreed to by that decision.
    pub(super) async fn judge_one(&self, id: ToolCallId) -> Result<Judged, Stop> {
        let hands = self.hands()?;
        let Some(row) = self.calls.get(id) else { return Err(Stop::internal()) };
        let call = Call { name: row.name.clone(), args: row.args.clone() };
        let tainted = self.run.tainted;
        let judged = match self.approvals.iter().find(|approval| approval.tool_call_id == id) {
            Some(approval) => hands.resume(call, approval, tainted).await?,
            None => hands.judge(call, tainted).await?,
        };
        Ok(judged)
    }

    /// Runs what changes something, in the order in which the model asked. Gives what a person must be asked about.
    pub(super) async fn run_writes(
        &mut self,
        writes: Vec<(ToolCallId, Judged)>,
    ) -> Result<Vec<(ToolCallId, Judged)>, Stop> {
        let mut asked = Vec::new();
        for (id, _) in writes {
            self.check()?;
            if Instant::now() >= self.deadline() {
                return Err(Stop::finished(FinishReason::MaxTime));
            }
            // Again: what was read meanwhile may have tainted the run, or a standing approval be used up.
            let judged = self.judge_one(id).await?;
            match &judged.verdict {
                Verdict::Refuse { code, message } => self.refuse(id, *code, message)?,
                // A decision is good for one thing; what changed since is not asked about twice.
                Verdict::Ask { reason } if self.was_decided(id) => {
                    let reason = reason.clone();
                    self.refuse(id, ErrorCode::PolicyDenied, &reason)?;
                }
                Verdict::Ask { .. } => asked.push((id, judged)),
                Verdict::Run(passed_by) => {
                    let passed_by = *passed_by;
                    if !self.effect(id, &judged, passed_by).await? {
                        self.used_up(id, &mut asked).await?;
                    }
                }
            }
        }
        Ok(asked)
    }

    /// What let a call pass does not any more: it is asked about, or refused.
    async fn used_up(
        &mut self,
        id: ToolCallId,
        asked: &mut Vec<(ToolCallId, Judged)>,
    ) -> Result<(), Stop> {
        let judged = self.judge_one(id).await?;
        if matches!(judged.verdict, Verdict::Ask { .. }) {
            asked.push((id, judged));
            return Ok(());
        }
        self.refuse(id, ErrorCode::PolicyDenied, "what let it pass is used up")
    }

    pub(super) fn was_decided(&self, id: ToolCallId) -> bool {
        self.approvals.iter().any(|approval| approval.tool_call_id == id)
    }

    /// Claims a call, runs it and writes what came of it. False when what let it pass is used up.
    async fn effect(
        &mut self,
        id: ToolCallId,
        judged: &Judged,
        passed_by: PassedBy,
    ) -> Result<bool, Stop> {
        let Some(saving) = self.claim(id, judged, passed_by).await? else { return Ok(false) };
        let held_until = saving.held_until;
        self.seal(saving).await?;
        self.step_is_stored();
        self.calls.change(id, |call| call.state = CallState::Claimed);
        // A process that was frozen here may have lost the run, and whoever has it says that this is unknown.
        if !self.is_held(held_until) {
            return Err(Stop::Lost);
        }
        let hands = self.hands()?;
        let cancel = self.runs.lifecycle.hard_token().clone();
        let outcome = hands.run(judged, &cancel).await;
        // Whoever reads that it happened can rely on it.
        self.writer.hold();
        self.take_outcome(id, outcome)?;
        let mut saving = self.open().await?;
        self.write_step(&mut saving).await?;
        self.seal(saving).await?;
        self.step_is_stored();
        Ok(true)
    }

    async fn claim(
        &mut self,
        id: ToolCallId,
        judged: &Judged,
        passed_by: PassedBy,
    ) -> Result<Option<Saving>, Stop> {
        let mut saving = self.open().await?;
        let args = judged.call.args.clone();
        self.calls.change(id, |call| {
            call.args.clone_from(&args);
            call.passed_by = Some(passed_by);
            call.started_at = Some(saving.now);
        });
        self.write_step(&mut saving).await?;
        self.check()?;
        if !self.hands()?.spend(&mut saving.tx, judged).await? {
            return Ok(None);
        }
        if !tool_calls::claim(&mut saving.tx, id, &args, passed_by, saving.now).await? {
            tracing::error!(call.id = %id, "a call was claimed before");
            return Err(Stop::internal());
        }
        Ok(Some(saving))
    }

    /// Counts the use of standing approvals by calls that only read. Gives those that are used up, which end refused.
    pub(super) async fn spend_on(
        &mut self,
        reads: &[(ToolCallId, Judged)],
    ) -> Result<Vec<ToolCallId>, Stop> {
        let standing = |judged: &Judged| {
            matches!(judged.verdict, Verdict::Run(PassedBy::Standing | PassedBy::Remembered))
        };
        let mut used_up = Vec::new();
        for (id, judged) in reads.iter().filter(|(_, judged)| standing(judged)) {
            debug_assert_eq!(judged.effect, Effect::Read);
            let mut saving = self.open().await?;
            if self.hands()?.spend(&mut saving.tx, judged).await? {
                saving.tx.commit().await?;
            } else {
                self.refuse(*id, ErrorCode::PolicyDenied, "the standing approval is used up")?;
                used_up.push(*id);
            }
        }
        Ok(used_up)
    }
}
