//! Calls that change nothing: they run beside each other.

use std::sync::Arc;

use agentcy_core::{
    ErrorCode,
    chat::{CallState, FinishReason},
    id::ToolCallId,
};
use futures_util::{StreamExt, stream};

use super::{session::Session, stop::Stop, stream::Ears, stream::Heard};
use crate::tools::{Judged, Outcome, Verdict};

/// How many run beside each other.
const AT_ONCE: usize = 8;

impl Session {
    /// Runs what only reads. Gives what a person must be asked about.
    pub(super) async fn run_reads(
        &mut self,
        reads: Vec<(ToolCallId, Judged)>,
    ) -> Result<Vec<(ToolCallId, Judged)>, Stop> {
        let (mut free, mut asked) = (Vec::new(), Vec::new());
        for (id, judged) in reads {
            match &judged.verdict {
                Verdict::Refuse { code, message } => self.refuse(id, *code, message)?,
                Verdict::Ask { reason } if self.was_decided(id) => {
                    self.refuse(id, ErrorCode::PolicyDenied, reason)?;
                }
                Verdict::Ask { .. } => asked.push((id, judged)),
                Verdict::Run(_) => free.push((id, judged)),
            }
        }
        if free.is_empty() {
            return Ok(asked);
        }
        let used_up = self.spend_on(&free).await?;
        free.retain(|(id, _)| !used_up.contains(id));
        self.run_beside_each_other(free).await?;
        Ok(asked)
    }

    async fn run_beside_each_other(
        &mut self,
        reads: Vec<(ToolCallId, Judged)>,
    ) -> Result<(), Stop> {
        let hands = self.hands()?;
        let cancel = self.runs.lifecycle.hard_token().clone();
        for (id, judged) in &reads {
            self.note_start(*id, judged);
        }
        let mut results = stream::iter(reads.into_iter().map(|(id, judged)| {
            let (hands, cancel) = (Arc::clone(&hands), cancel.clone());
            async move { (id, hands.run(&judged, &cancel).await) }
        }))
        .buffer_unordered(AT_ONCE)
        .boxed();
        let mut ears = Ears::of(self);
        loop {
            match ears.next(&mut results).await {
                Heard::Item(Some((id, outcome))) => self.take_outcome(id, outcome)?,
                Heard::Item(None) => return Ok(()),
                Heard::Halted => self.check()?,
                Heard::Due => {
                    if self.writer.pending() {
                        self.flush().await?;
                    }
                    ears.again(self);
                }
                Heard::Late => return Err(Stop::finished(FinishReason::MaxTime)),
            }
        }
    }

    /// Writes down what a call gave.
    pub(super) fn take_outcome(&mut self, id: ToolCallId, outcome: Outcome) -> Result<(), Stop> {
        self.run.tainted |= outcome.taints;
        self.sources.learn(&outcome.citations);
        let state = match (outcome.unknown, outcome.is_error) {
            (true, _) => CallState::Unknown,
            (false, true) => CallState::Failed,
            (false, false) => CallState::Done,
        };
        self.end_call(id, state, outcome.result)
    }

    pub(super) fn note_start(&mut self, id: ToolCallId, judged: &Judged) {
        let now = self.runs.platform.now();
        self.calls.change(id, |call| {
            call.started_at = Some(now);
            if let Verdict::Run(passed_by) = judged.verdict {
                call.passed_by = Some(passed_by);
            }
        });
    }
}
