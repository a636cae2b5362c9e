//! What is made durable together: the log, and what it comes to.

use agentcy_core::{
    Timestamp,
    chat::{CallState, Usage},
};
use agentcy_store::{
    Tx, conversations, messages,
    runs::{self, Progress, Run},
    tasks, tool_calls,
};
use tokio::time::Instant;

use super::{
    LEASE, MARGIN,
    session::{Session, Stopwatch},
    stop::Stop,
};

/// A transaction of a run.
pub(super) struct Saving {
    pub(super) tx: Tx,
    pub(super) now: Timestamp,
    /// Until when the run is held once this is durable.
    pub(super) held_until: Instant,
}

impl Session {
    /// Opens a transaction in which nothing is written yet.
    pub(super) async fn open(&self) -> Result<Saving, Stop> {
        let held_until = Instant::now() + LEASE - MARGIN;
        let tx = self.runs.platform.begin(&self.by).await?;
        Ok(Saving { tx, now: self.runs.platform.now(), held_until })
    }

    /// The same, with conversation and run locked, so that no decision and no wish to stop comes in between.
    pub(super) async fn open_locked(&mut self) -> Result<Saving, Stop> {
        let mut saving = self.open().await?;
        self.lock_task(&mut saving).await?;
        conversations::lock(&mut saving.tx, self.run.conversation_id).await?;
        let kept = runs::keep(&mut saving.tx, self.hold(), saving.now + LEASE).await?;
        self.cancelled |= kept.cancel;
        Ok(saving)
    }

    /// So that no run of the task begins while one of it ends; the one that waits for it is found either way.
    pub(super) async fn lock_task(&self, saving: &mut Saving) -> Result<(), Stop> {
        if let Some(task) = &self.task {
            tasks::lock(&mut saving.tx, task.id).await?;
        }
        Ok(())
    }

    /// Writes what was said since the last commit. Errors when the run is not ours any more.
    pub(super) async fn write_log(&mut self, saving: &mut Saving) -> Result<(), Stop> {
        let lease_until = saving.now + LEASE;
        let flushed = self.writer.flush(&mut saving.tx, saving.now, lease_until).await?;
        self.cancelled |= flushed.cancel;
        Ok(())
    }

    /// Makes it durable, and shows what waited for that.
    #[tracing::instrument(name = "run.commit", skip_all)]
    pub(super) async fn seal(&mut self, saving: Saving) -> Result<(), Stop> {
        saving.tx.commit().await?;
        self.is_durable(saving.held_until);
        Ok(())
    }

    /// To be called once what was written last is durable: shows what waited for that.
    pub(super) fn is_durable(&mut self, held_until: Instant) {
        self.writer.flushed(held_until);
        self.clock.held_until = held_until;
        self.clock.flushed = Instant::now();
    }

    /// Makes durable what was shown.
    pub(super) async fn flush(&mut self) -> Result<(), Stop> {
        // What the log says of calls and the rows do not would be said again by whoever goes on with them.
        if self.calls.is_stored && !self.calls.changed().is_empty() {
            return self.store_step().await;
        }
        if self.writer.pending() {
            return self.flush_lines().await;
        }
        let mut saving = self.open().await?;
        self.write_log(&mut saving).await?;
        self.seal(saving).await
    }

    /// The same where there are lines: one statement needs no transaction around it.
    async fn flush_lines(&mut self) -> Result<(), Stop> {
        let held_until = Instant::now() + LEASE - MARGIN;
        let platform = &self.runs.platform;
        let (now, mut tenant) = (platform.now(), platform.read(&self.by).await?);
        let flushed = self.writer.flush(&mut tenant, now, now + LEASE).await?;
        self.cancelled |= flushed.cancel;
        self.is_durable(held_until);
        Ok(())
    }

    /// Writes log, calls, answer and sums of a step whose turn is over.
    pub(super) async fn write_step(&mut self, saving: &mut Saving) -> Result<(), Stop> {
        self.write_log(saving).await?;
        self.write_calls(saving).await?;
        self.message.parts = self.answer.parts().to_vec();
        self.message.model.clone_from(&self.run.model);
        self.message.usage = Some(self.run.usage);
        messages::update(&mut saving.tx, &self.message).await?;
        let kept = runs::progress(&mut saving.tx, self.hold(), &self.progress(saving.now)).await?;
        self.cancelled |= kept.cancel;
        Ok(())
    }

    pub(super) async fn write_calls(&mut self, saving: &mut Saving) -> Result<(), Stop> {
        let tx = &mut saving.tx;
        if !self.calls.is_stored {
            return Ok(tool_calls::insert(tx, &self.calls.rows()).await?);
        }
        for call in self.calls.changed() {
            let id = call.id;
            if call.state.is_over() {
                let result = call.result.clone().unwrap_or_default();
                let passed_by = call.passed_by;
                tool_calls::finish(tx, id, call.state, &result, passed_by, saving.now).await?;
            } else if call.state == CallState::Waiting {
                tool_calls::wait(tx, id).await?;
            } else if call.state == CallState::Requested {
                tool_calls::go_on(tx, id).await?;
            }
        }
        Ok(())
    }

    /// To be called once the step is durable.
    pub(super) fn step_is_stored(&mut self) {
        self.calls.is_stored = true;
        self.calls.unchanged();
    }

    pub(super) fn progress(&self, at: Timestamp) -> Progress<'_> {
        how_far(&self.run, self.turns, &self.clock, at)
    }

    /// Adds what the turn that is under way has used to the sums.
    pub(super) fn add_used(&mut self) {
        if let Some((model, tokens)) = std::mem::take(&mut self.measure).used() {
            let usage: Usage = self.provider.usage(&model, &tokens);
            count(&usage);
            self.run.usage += usage;
        }
    }
}

fn count(usage: &Usage) {
    let add = |direction, tokens: i64| {
        metrics::counter!("agentcy_model_tokens_total", "direction" => direction)
            .increment(tokens.try_into().unwrap_or(0));
    };
    add("in", usage.in_tokens);
    add("out", usage.out_tokens);
}

/// How far a run is after so many turns.
pub(super) fn how_far<'a>(
    run: &'a Run,
    turns: u32,
    clock: &Stopwatch,
    at: Timestamp,
) -> Progress<'a> {
    Progress {
        step: i32::try_from(turns).unwrap_or(i32::MAX),
        usage: run.usage,
        tainted: run.tainted,
        active_ms: i64::try_from(clock.active().as_millis()).unwrap_or(i64::MAX),
        model: run.model.as_deref(),
        system: run.system.as_deref(),
        at,
    }
}
