//! What a run knows while it goes on.

use std::{sync::Arc, time::Duration};

use agentcy_core::{By, Caller, agent::StandingApproval, chat::LogEvent};
use agentcy_llm::ToolSpec;
use agentcy_store::{
    approvals::Approval,
    conversations::Turn as Stage,
    messages::Message,
    runs::{Hold, Run},
    tasks::Task,
    tool_calls::ToolCall,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    answer::Answer,
    calls::Calls,
    context::{self, Told},
    keeper::{Halt, Seat},
    measure::Measure,
    provider::Provider,
    stop::Stop,
};
use crate::{
    Runs,
    log::Writer,
    tools::{Citation, Citer, Grants, Standing, Toolbox},
};
use agentcy_core::chat::{FinishReason, RunErrorCode};

/// A run that goes on here.
pub(crate) struct Session {
    pub(super) runs: Runs,
    pub(super) seat: Seat,
    /// Opens what the run itself writes.
    pub(super) by: By,
    /// The conversation, its agent and what the org says of approvals, as they were when the run was taken up.
    pub(super) stage: Stage,
    /// The task that the run is of, as it was then.
    pub(super) task: Option<Task>,
    pub(super) run: Run,
    /// The row of the answer.
    pub(super) message: Message,
    pub(super) provider: Provider,
    pub(super) writer: Writer,
    /// What was said before, the question last.
    pub(super) told: Vec<Told>,
    pub(super) answer: Answer,
    /// The turn that is under way, or whose calls are, from 0 on.
    pub(super) step: u32,
    /// How many turns are over.
    pub(super) turns: u32,
    /// The calls of that turn.
    pub(super) calls: Calls,
    /// The calls of the turns before.
    pub(super) told_calls: Vec<ToolCall>,
    /// What was decided about them.
    pub(super) approvals: Vec<Approval>,
    pub(super) sources: Sources,
    /// What the starter may do, as of the last look; none once the starter is gone.
    pub(super) hands: Option<Arc<Toolbox>>,
    pub(super) clock: Stopwatch,
    /// Whether a commit said that somebody asked to stop.
    pub(super) cancelled: bool,
    /// What the turn that is under way has used so far.
    pub(super) measure: Measure,
}

/// When something last happened, by the clock of this process.
pub(super) struct Stopwatch {
    /// When this process took the run up.
    pub(super) began: Instant,
    /// How long others had worked on it.
    pub(super) before: Duration,
    /// When it was last written down.
    pub(super) flushed: Instant,
    /// Until when the run is held, as the writer knows.
    pub(super) held_until: Instant,
}

impl Stopwatch {
    pub(super) fn after(before_ms: i64, held_until: Instant) -> Self {
        let now = Instant::now();
        let before = Duration::from_millis(u64::try_from(before_ms).unwrap_or_default());
        Self { began: now, before, flushed: now, held_until }
    }

    pub(super) fn active(&self) -> Duration {
        self.before + self.began.elapsed()
    }
}

/// What the answer may cite, and what it has cited.
pub(super) struct Sources {
    known: Vec<Citation>,
    citer: Citer,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self { known: Vec::new(), citer: Citer::new() }
    }

    pub(super) fn learn(&mut self, shown: &[Citation]) {
        self.citer.learn(shown);
        self.known.extend_from_slice(shown);
    }

    pub(super) fn hear(&mut self, delta: &str) -> Vec<(u32, Citation)> {
        self.citer.hear(delta)
    }

    /// As if only this text had been said.
    pub(super) fn restart(&mut self, text: &str) -> Vec<(u32, Citation)> {
        self.citer = Citer::new();
        self.citer.learn(&self.known);
        self.citer.hear(text)
    }
}

impl Session {
    pub(super) const fn hold(&self) -> Hold {
        self.seat.hold()
    }

    /// Numbers an event and shows it, unless something before it waits for its commit.
    pub(super) fn append(&mut self, event: &LogEvent) -> Result<i64, Stop> {
        let held_until = self.seat.signal().held_until;
        if held_until > self.clock.held_until {
            self.clock.held_until = held_until;
            self.writer.extend(held_until);
        }
        Ok(self.writer.append(event)?)
    }

    /// Whether the run may go on.
    pub(super) fn check(&self) -> Result<(), Stop> {
        match self.seat.signal().halt {
            Some(Halt::Lost) => Err(Stop::Lost),
            Some(Halt::Cancelled) => Err(Stop::finished(FinishReason::Cancelled)),
            _ if self.cancelled => Err(Stop::finished(FinishReason::Cancelled)),
            Some(Halt::Draining) => Err(Stop::Draining),
            None => Ok(()),
        }
    }

    /// Whether it is still ours by the clock of this process, whatever was committed before it was frozen.
    pub(super) fn is_held(&self, committed: Instant) -> bool {
        Instant::now() < committed.max(self.seat.signal().held_until)
    }

    /// What may be called. Errors when the starter is gone.
    pub(super) fn hands(&self) -> Result<Arc<Toolbox>, Stop> {
        self.hands.clone().ok_or_else(gone)
    }

    /// Looks what the starter may do by now.
    pub(super) async fn renew_hands(&mut self) -> Result<Arc<Toolbox>, Stop> {
        let org = self.by.org_id();
        let request = self.run.id.to_string();
        let caller = self.runs.platform.stand_in(org, &self.run.starter, &request).await?;
        let toolbox = |caller| {
            let caller = Caller { causes: self.run.causes.clone(), ..caller };
            let grants = grants(&self.stage, self.task.as_ref());
            Toolbox::new(&self.runs.platform, self.run.id, caller, grants)
        };
        self.hands = caller.map(toolbox).map(Arc::new);
        self.hands()
    }

    /// Says to whoever reads that the answer is this now, and what of it still stands.
    pub(super) fn reset(&mut self) -> Result<(), Stop> {
        let content = self.answer.text();
        let cited = self.sources.restart(&content);
        self.append(&LogEvent::MessageReset { message_id: self.message.id, content })?;
        for (index, citation) in cited {
            self.append(&citation_event(index, citation))?;
        }
        for event in self.calls.starts() {
            self.append(&event)?;
        }
        Ok(())
    }

    /// What the model is asked next.
    pub(super) fn request(&self, tools: Vec<Arc<ToolSpec>>) -> agentcy_llm::Request {
        let system = self.run.system.clone().unwrap_or_default();
        let kept = &self.message.aside.kept;
        let answer = context::transcript(self.answer.parts(), &self.told_calls, kept);
        context::request(system, &self.told, answer, tools, self.room())
    }
}

pub(super) fn citation_event(index: u32, citation: Citation) -> LogEvent {
    let Citation { node_id, document_id, url, title } = citation;
    LogEvent::Citation { index, node_id, document_id, url, title }
}

fn gone() -> Stop {
    Stop::failed(RunErrorCode::RunAsGone, "whoever started this run may not any more")
}

/// What task, agent and conversation leave of the starter's rights. The task's word goes before the agent's, and that
/// before the org's; what admins agreed to holds of both.
pub(crate) fn grants(stage: &Stage, task: Option<&Task>) -> Grants {
    let agent = stage.agent.as_ref();
    let of_task = task.into_iter().flat_map(|task| standing(task.id, &task.standing_approvals));
    let of_agent =
        agent.into_iter().flat_map(|agent| standing(agent.id, &agent.standing_approvals));
    let own_defaults = task.and_then(|task| task.approval_defaults);
    let realms = [agent.and_then(|agent| agent.realm.clone()), stage.conversation.realm.clone()];
    Grants {
        conversation: stage.conversation.id,
        allowed: agent.map(|agent| agent.tools.clone()).unwrap_or_default(),
        defaults: stage.approval_defaults,
        own_defaults: own_defaults.or(agent.and_then(|agent| agent.approval_defaults)),
        standing: of_task.chain(of_agent).collect(),
        realms: realms.into_iter().flatten().collect(),
    }
}

fn standing(
    subject: impl Into<Uuid>,
    approvals: &[StandingApproval],
) -> impl Iterator<Item = Standing> {
    let subject = subject.into();
    approvals.iter().map(move |approval| Standing { subject, approval: approval.clone() })
}
