//! A run is taken up: it waited for its turn, somebody decided, or whoever held it is gone.

use agentcy_core::{
    Caller, Chain,
    chat::{CallState, FinishReason, MessageRole, RunErrorCode},
    id::TaskRunId,
};
use agentcy_platform::{Error, StoreError};
use agentcy_store::{
    Tx, approvals,
    conversations::{self, Turn as Stage},
    messages::{self, Message},
    runs::{self, Run},
    system::runs::Claimed,
    task_runs,
    tasks::{self, Task},
    tool_calls,
};
use tokio::time::Instant;

use super::{
    LEASE, MARGIN, MAX_ATTEMPTS,
    answer::Answer,
    brief::{Preface, preface_of},
    calls::Calls,
    commit::Saving,
    context,
    drive::{close, drive},
    keeper::Seat,
    measure::Measure,
    open::say_begin,
    provider::Provider,
    session::{Session, Sources, Stopwatch, grants},
    stop::Stop,
};
use crate::{
    Runs,
    log::{Place, Position, Writer},
    tools::{self, Toolbox},
};

/// Goes on with a run that was just claimed.
#[tracing::instrument(name = "run", skip_all, fields(run.id = %claimed.hold.id, org.id = %claimed.org_id,
    run.attempt = claimed.attempt))]
pub(super) async fn resume(runs: Runs, claimed: Claimed, seat: Seat) {
    let (session, stop) = match take_up(runs, &claimed, seat).await {
        Ok(taken) => taken,
        Err(reason) => {
            // Its lease runs out, and whoever takes it over tries once more.
            tracing::warn!(?reason, "a run could not be taken up");
            return;
        }
    };
    match stop {
        Some(stop) => close(session, stop).await,
        None => Box::pin(drive(session, None)).await,
    }
}

/// Why a run that was taken up is over at once, if it is.
fn over(run: &Run, claimed: &Claimed, has_begun: bool) -> Option<Stop> {
    if run.cancel && !has_begun {
        let message = "it was stopped before it began";
        return Some(Stop::failed(RunErrorCode::Cancelled, message));
    }
    (claimed.attempt > MAX_ATTEMPTS).then(|| {
        let message = "the process that gave the answer died too often";
        Stop::failed(RunErrorCode::Interrupted, message)
    })
}

/// How a run ends whose model provider cannot be used, as when the key of the org does not open any more.
fn unusable(run: &Run, error: &Error) -> Stop {
    tracing::error!(error = %Chain(error), "the model provider of an org cannot be used");
    if run.cancel {
        return Stop::finished(FinishReason::Cancelled);
    }
    let message = "the model settings of the org cannot be read; an admin must give the key again";
    Stop::failed(RunErrorCode::ModelFailed, message)
}

async fn take_up(
    runs: Runs,
    claimed: &Claimed,
    seat: Seat,
) -> Result<(Session, Option<Stop>), Stop> {
    // Counted from the claim: what follows may wait for seconds.
    let held_until = Instant::now() + LEASE - MARGIN;
    let platform = &runs.platform;
    let by = platform.run_by(claimed.org_id, &claimed.starter, claimed.hold.id)?;
    let by = platform.because(&by, claimed.causes.clone());
    // Both before the transaction, which would else hold one connection while it waits for another.
    let request = claimed.hold.id.to_string();
    let caller = platform.stand_in(claimed.org_id, &claimed.starter, &request).await?;
    let caller = caller.map(|caller| Caller { causes: claimed.causes.clone(), ..caller });
    let preface = match &caller {
        Some(caller) => {
            let mut reader = platform.read(&by).await?;
            let stage = conversations::turn(&mut reader, claimed.conversation_id).await?;
            drop(reader);
            let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
            Some(preface_of(&runs, &by, &stage, &caller.realms).await)
        }
        None => None,
    };
    let now = platform.now();
    let mut tx = platform.begin(&by).await?;
    let stage = conversations::open_for_turn(&mut tx, claimed.conversation_id).await?;
    let stage = stage.ok_or_else(|| Error::not_found("conversation"))?;
    let run = runs::held(&mut tx, claimed.hold).await?;
    let task = match run.task_run_id {
        Some(id) => task_of(&mut tx, id).await?,
        None => None,
    };
    let (question, message) = said(&mut tx, &run).await?;
    let (provider, unusable) = match Provider::of(platform, claimed.org_id, &stage) {
        Ok(provider) => (provider, None),
        // It is asked nothing: the run ends.
        Err(error) => (Provider::builtin(), Some(unusable(&run, &error))),
    };
    let grants = grants(&stage, task.as_ref());
    let hands = caller.map(|caller| Toolbox::new(platform, run.id, caller, grants));
    let writer = Writer::new(&runs.hub, place(claimed), position(&stage, claimed), held_until);
    let has_begun = message.seq.is_some();
    let was_parked = run.task_run_id.is_some() && has_begun && !claimed.was_lost;
    let over = over(&run, claimed, has_begun).or(unusable);
    let turns = u32::try_from(run.step).unwrap_or_default();
    let mut session = Session {
        by,
        seat,
        stage,
        task,
        provider,
        writer,
        told: Vec::new(),
        answer: Answer::stored(message.parts.clone()),
        step: turns,
        turns,
        calls: Calls::default(),
        told_calls: Vec::new(),
        approvals: Vec::new(),
        sources: Sources::new(),
        hands: hands.map(Into::into),
        clock: Stopwatch::after(run.active_ms, held_until),
        cancelled: run.cancel,
        measure: Measure::default(),
        message,
        run,
        runs: runs.clone(),
    };
    let mut saving = Saving { tx, now, held_until };
    if has_begun {
        session.take_up_begun(&mut saving, claimed.was_lost).await?;
    } else {
        session.begin_late(&mut saving, question, preface).await?;
    }
    let wakes = was_parked && !session.calls.in_state(CallState::Waiting).is_empty();
    if wakes {
        session.tell_task(&mut saving).await?;
    }
    if wakes || session.writer.pending() {
        session.write_log(&mut saving).await?;
        session.seal(saving).await?;
    }
    Ok((session, over))
}

fn place(claimed: &Claimed) -> Place {
    Place {
        org: claimed.org_id,
        conversation: claimed.conversation_id,
        run: claimed.hold.id,
        fence: claimed.hold.fence,
    }
}

fn position(stage: &Stage, claimed: &Claimed) -> Position {
    let (committed, reserved) = (stage.conversation.last_seq, stage.conversation.reserved);
    if claimed.was_lost {
        Position::after_crash(committed, reserved)
    } else {
        Position::after(committed, reserved)
    }
}

/// The task of a run, unless it is gone by now.
async fn task_of(tx: &mut Tx, id: TaskRunId) -> Result<Option<Task>, Stop> {
    match task_runs::find(tx, id).await? {
        Some(run) => Ok(tasks::find(tx, run.task_id).await?),
        None => Ok(None),
    }
}

/// The question of a run, and its answer.
async fn said(tx: &mut Tx, run: &Run) -> Result<(Message, Message), Stop> {
    let said = messages::of_run(tx, run.id).await?;
    let of = |role| said.iter().find(|message| message.role == role).cloned();
    let both = of(MessageRole::User).zip(of(MessageRole::Assistant));
    both.ok_or_else(|| StoreError::corrupt("runs", run.id, "its messages are gone").into())
}

impl Session {
    /// Begins a run that waited for its turn.
    async fn begin_late(
        &mut self,
        saving: &mut Saving,
        mut question: Message,
        preface: Option<Preface>,
    ) -> Result<(), Stop> {
        let tx = &mut saving.tx;
        self.told = context::told(tx, self.run.conversation_id, i64::MAX).await?;
        say_begin(&mut self.writer, &mut question, &mut self.message)?;
        if let Some(preface) = preface {
            question.aside.now = Some(preface.now(&self.told));
            self.run.system = Some(preface.system);
        }
        self.told.push(context::tell(&question, &[]));
        self.run.tainted |= self.told.iter().any(|told| told.taints);
        messages::update(tx, &question).await?;
        messages::update(tx, &self.message).await?;
        runs::progress(tx, self.seat.hold(), &self.progress(saving.now)).await?;
        Ok(())
    }

    /// Goes on with a run that had begun: from the step after the last one that is stored.
    async fn take_up_begun(&mut self, saving: &mut Saving, was_lost: bool) -> Result<(), Stop> {
        let tx = &mut saving.tx;
        self.told = context::told(tx, self.run.conversation_id, i64::MAX).await?;
        self.run.tainted |= self.told.iter().any(|told| told.taints);
        let mut calls = tool_calls::of_runs(tx, &[self.run.id]).await?;
        for call in &calls {
            let shown = call.result.as_ref().map(tools::citations);
            self.sources.learn(&shown.unwrap_or_default());
        }
        if calls.iter().any(|call| !call.state.is_over()) {
            self.step = self.turns.saturating_sub(1);
            let step = i32::try_from(self.step).unwrap_or(i32::MAX);
            let present = calls.extract_if(.., |call| call.step == step).collect();
            self.calls = Calls::stored(present);
            // What was decided of these was said before.
            let requested = self.calls.in_state(CallState::Requested);
            self.approvals = approvals::of_calls(tx, &requested).await?;
        }
        self.told_calls = calls;
        // Of a run that was parked, or given back before it heard the decisions, everything that was shown is stored.
        if was_lost || self.calls.in_state(CallState::Waiting).is_empty() {
            self.reset()?;
        } else {
            self.sources.restart(&self.answer.text());
        }
        self.give_up_claimed(saving).await
    }

    /// What was claimed may have happened, and is not repeated.
    async fn give_up_claimed(&mut self, saving: &mut Saving) -> Result<(), Stop> {
        let message = "the process died while the call ran: it may or may not have had its effect; \
                       check before you repeat it";
        let result = tools::refusal(RunErrorCode::OutcomeUnknown.name(), message);
        let tx = &mut saving.tx;
        let unknown = tool_calls::mark_unknown(tx, self.run.id, &result, saving.now).await?;
        for id in unknown {
            self.end_call(id, CallState::Unknown, result.clone())?;
        }
        self.calls.unchanged();
        Ok(())
    }
}
