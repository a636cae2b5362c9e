//! The start of a run by whoever asked for it: the model is asked while the first commit is on its way.

use std::{
    future::Future,
    pin::{Pin, pin},
};

use agentcy_core::{
    By, Timestamp,
    audit::AuditEntry,
    chat::{LogEvent, MessageRole, MessageState, Usage},
};
use agentcy_platform::{Error, Result};
use agentcy_store::{
    Error as StoreError, Tx,
    conversations::Turn as Stage,
    messages::{Aside, Message},
    runs::{self, Beginning, NewRun},
};
use futures_util::{FutureExt, StreamExt};
use tokio::{sync::oneshot, task::yield_now, time::Instant};

use super::{
    LEASE, MARGIN,
    answer::Answer,
    calls::Calls,
    compaction::older,
    context::{self, Told},
    drive::drive,
    keeper::Seat,
    measure::Measure,
    provider::Provider,
    room::{Room, weight},
    session::{Session, Sources, Stopwatch},
    turn::Asked,
};
use crate::{
    Runs,
    log::{Place, Position, Writer},
    runs::{Keep, Started, keep_answer},
    tools::Toolbox,
};

/// All that a run needs to begin.
pub(crate) struct Opening {
    pub(crate) runs: Runs,
    pub(crate) seat: Seat,
    pub(crate) by: By,
    /// Where it is to begin, if that is with something else.
    pub(crate) tx: Option<Tx>,
    pub(crate) stage: Stage,
    pub(crate) run: NewRun,
    /// What is asked.
    pub(crate) question: Message,
    /// What was said before.
    pub(crate) told: Vec<Told>,
    pub(crate) provider: Provider,
    pub(crate) hands: Toolbox,
    /// What an untitled conversation is called from now on.
    pub(crate) title: String,
    pub(crate) keep: Option<Keep>,
    /// That it was said.
    pub(crate) entry: AuditEntry,
    pub(crate) now: Timestamp,
}

/// Why a run did not begin. Nothing happened.
pub(crate) enum Refused {
    /// Somebody was quicker: the conversation is not what it was.
    Overtaken(Option<Box<Keep>>),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Begins a run, tells whoever asked once that is durable, and goes on with it.
#[tracing::instrument(name = "run", skip_all, fields(run.id = %opening.run.id, org.id = %opening.by.org_id()))]
pub(crate) async fn begin(opening: Opening, teller: oneshot::Sender<Result<Started, Refused>>) {
    let (session, asked, started) = match Box::pin(opening.begin()).await {
        Ok(begun) => begun,
        Err(refused) => {
            // Whoever asked may be gone, and nothing happened.
            let _ = teller.send(Err(refused));
            return;
        }
    };
    // Whoever asked may be gone; the run goes on.
    let _ = teller.send(Ok(started));
    Box::pin(drive(session, asked)).await;
}

impl Opening {
    async fn begin(self) -> Result<(Session, Option<Asked>, Started), Refused> {
        let (mut asked, measure) = self.ask().unzip();
        if let Some(asked) = &mut asked {
            send_off(asked).await;
        }
        let begun = Box::pin(self.write(measure.unwrap_or_default()));
        let (session, started) = match &mut asked {
            Some(asked) => alongside(asked, begun).await?,
            None => begun.await?,
        };
        Ok((session, asked, started))
    }

    /// Asks the model, unless what was said before must be told in short first.
    fn ask(&self) -> Option<(Asked, Measure)> {
        let (asker, provider) = (&self.runs.asker, &self.provider);
        let window = asker.window(&provider.settings);
        let room = Room::of(window, &self.run.limits.or_default(), &Usage::default());
        if older(&self.told, &room).is_some() {
            return None;
        }
        let system = self.run.system.clone().unwrap_or_default();
        let request = context::request(system, &self.told, Vec::new(), self.hands.specs(), room);
        let measure = Measure::of(weight(&request));
        let turn = asker.ask(&provider.settings, &provider.fallbacks, request);
        Some((turn.peekable(), measure))
    }

    #[tracing::instrument(name = "run.open", skip_all)]
    async fn write(self, measure: Measure) -> Result<(Session, Started), Refused> {
        let Self { runs, seat, by, tx, stage, run, mut question, told, mut keep, now, .. } = self;
        let held_until = Instant::now() + LEASE - MARGIN;
        let before = &stage.conversation;
        let place =
            Place { org: by.org_id(), conversation: run.conversation_id, run: run.id, fence: 1 };
        let position = Position::after(before.last_seq, before.reserved);
        let mut writer = Writer::new(&runs.hub, place, position, held_until);
        let mut message = blank_answer(&run, now);
        say_begin(&mut writer, &mut question, &mut message)?;
        let beginning = Beginning {
            conversation: before,
            run: &run,
            title: &self.title,
            question: &question,
            answer: &message,
            lines: writer.lines(now)?,
            entry: &self.entry,
        };
        // The question was said before: the answer begins after it.
        let after = message.seq.unwrap_or_default() - 1;
        let (message_id, by_whom) = (message.id, by.clone());
        let started = |run| Started { run, message_id, after, by: by_whom, work: None };
        let is_alone = tx.is_none() && keep.is_none();
        let begun = match tx {
            // One statement needs no transaction around it.
            None if is_alone => {
                let mut tenant = runs.platform.read(&by).await?;
                runs::begin(&mut tenant, &beginning).await.map(started)
            }
            tx => {
                let mut tx = match tx {
                    Some(tx) => tx,
                    None => runs.platform.begin(&by).await?,
                };
                match runs::begin(&mut tx, &beginning).await.map(started) {
                    Ok(started) => {
                        keep_answer(&runs, &mut tx, keep.take(), &started).await?;
                        tx.commit().await?;
                        Ok(started)
                    }
                    refused => refused,
                }
            }
        };
        let started = match begun {
            Ok(started) => started,
            Err(StoreError::LeaseLost(_)) => return Err(Refused::Overtaken(keep.map(Box::new))),
            Err(error) => return Err(error.into()),
        };
        seat.is_claimed();
        writer.flushed(held_until);
        let mut row = started.run.clone();
        row.tainted |= told.iter().any(|told| told.taints);
        let session = Session {
            by: runs.platform.run_by(by.org_id(), &row.starter, row.id)?,
            runs,
            seat,
            stage,
            task: None,
            run: row,
            message,
            provider: self.provider,
            writer,
            told,
            answer: Answer::default(),
            step: 0,
            turns: 0,
            calls: Calls::default(),
            told_calls: Vec::new(),
            approvals: Vec::new(),
            sources: Sources::new(),
            hands: Some(self.hands.into()),
            clock: Stopwatch::after(0, held_until),
            cancelled: false,
            measure,
        };
        Ok((session, started))
    }
}

/// The first two events of a run, and where its two messages stand by them.
pub(super) fn say_begin(
    writer: &mut Writer,
    question: &mut Message,
    answer: &mut Message,
) -> Result<()> {
    let content = context::texts(&question.parts);
    let event = LogEvent::UserMessage { message_id: question.id, content };
    question.seq = Some(writer.append(&event)?);
    question.state = MessageState::Complete;
    let event = LogEvent::MessageStart { message_id: answer.id, run_id: answer.run_id };
    answer.seq = Some(writer.append(&event)?);
    answer.state = MessageState::Streaming;
    Ok(())
}

/// An answer of which nothing is written yet.
pub(crate) fn blank_answer(run: &NewRun, now: Timestamp) -> Message {
    Message {
        id: run.message_id,
        conversation_id: run.conversation_id,
        run_id: run.id,
        role: MessageRole::Assistant,
        state: MessageState::Queued,
        seq: None,
        through: None,
        parts: Vec::new(),
        aside: Aside::default(),
        model: None,
        usage: None,
        finish_reason: None,
        error: None,
        created_at: now,
        finished_at: None,
    }
}

/// Has the question on its way before anything else takes the thread.
async fn send_off(asked: &mut Asked) {
    if Pin::new(asked).peek().now_or_never().is_none() {
        yield_now().await;
    }
}

/// Does something while the model is on its way to its first word.
async fn alongside<T>(asked: &mut Asked, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        _ = Pin::new(asked).peek() => {}
    }
    work.await
}
