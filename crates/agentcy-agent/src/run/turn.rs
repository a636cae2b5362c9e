//! A turn of the model: what it says is shown piece by piece.

use std::{pin::Pin, time::Duration};

use agentcy_core::{
    ErrorCode,
    chat::{CallState, FinishReason, LogEvent, RunErrorCode},
    id::ToolCallId,
};
use agentcy_llm::{Chunk, Error, Request, Stop as Why, Turn};
use agentcy_store::tool_calls::ToolCall;
use futures_util::{FutureExt, StreamExt, stream::Peekable};
use serde_json::Value;
use tokio::{task::yield_now, time::Instant};

use super::{
    calls::Calls,
    measure::Measure,
    plain,
    room::weight,
    session::{Session, citation_event},
    stop::Stop,
    stream::{Ears, Heard},
};

/// A model that was asked and has not been heard yet.
pub(crate) type Asked = Peekable<Turn>;

/// The longest text of one turn, in bytes.
const MAX_SAID: usize = 4 << 20;
/// How many chunks are shown together at most, however many there are.
const TOGETHER: usize = 64;
/// Of what comes this soon after what came before there is more, most likely.
const SOON: Duration = Duration::from_millis(1);

/// Why a turn has no end.
enum Broken {
    Failed(Error),
    BrokeOff,
}

impl Session {
    /// Asks the model, and hears it out. One that breaks off after something was shown is asked once more, and so is one
    /// that was told too much.
    #[tracing::instrument(name = "run.turn", skip_all, fields(step = self.step))]
    pub(super) async fn take_turn(&mut self, asked: Option<Asked>) -> Result<(), Stop> {
        let mut turn = match asked {
            Some(asked) => asked,
            None => self.ask().await?,
        };
        match self.hear_out(&mut turn).await? {
            Ok(why) => return self.turn_is_over(why),
            Err(Broken::Failed(Error::TooLong { window, message })) if !self.has_shown() => {
                tracing::info!(window, "the model was told too much");
                turn = self.ask_less(window, message).await?;
            }
            Err(broken) if self.has_shown() && broken.may_pass() => {
                tracing::info!(reason = %broken.said(), "a turn broke off and is asked for again");
                self.add_used();
                self.answer.forget_step();
                self.message.aside.kept.remove(&self.step);
                self.calls = Calls::default();
                self.reset()?;
                turn = self.ask().await?;
            }
            Err(broken) => return Err(broken.stop()),
        }
        match self.hear_out(&mut turn).await? {
            Ok(why) => self.turn_is_over(why),
            Err(broken) => Err(broken.stop()),
        }
    }

    async fn ask(&mut self) -> Result<Asked, Stop> {
        let request = self.next_request().await?;
        Ok(self.send(request))
    }

    async fn next_request(&mut self) -> Result<Request, Stop> {
        let hands = match self.hands.clone() {
            Some(hands) => hands,
            None => self.renew_hands().await?,
        };
        Ok(self.request(hands.specs()))
    }

    fn send(&mut self, request: Request) -> Asked {
        self.measure = Measure::of(weight(&request));
        let provider = &self.provider;
        self.runs.asker.ask(&provider.settings, &provider.fallbacks, request).peekable()
    }

    /// Asks once more, with less: by our own measure so much was asked, and that is more than the window of the model.
    async fn ask_less(&mut self, window: Option<u32>, message: String) -> Result<Asked, Stop> {
        let asked = self.measure.asked;
        let bound = u32::try_from(asked).unwrap_or(u32::MAX);
        let window = window.map_or(bound, |window| window.min(bound));
        self.runs.asker.learn_window(&self.provider.settings, window);
        self.compact().await?;
        let request = self.next_request().await?;
        if weight(&request) >= asked {
            return Err(Broken::Failed(Error::TooLong { message, window: None }).stop());
        }
        Ok(self.send(request))
    }

    fn has_shown(&self) -> bool {
        self.answer.has_begun_step() || !self.calls.is_empty()
    }

    async fn hear_out(&mut self, turn: &mut Asked) -> Result<Result<Why, Broken>, Stop> {
        let begun = Instant::now();
        let heard = self.hear(turn).await;
        let outcome = match &heard {
            Ok(Ok(_)) => "ended",
            Ok(Err(_)) => "failed",
            Err(_) => "stopped",
        };
        metrics::histogram!("agentcy_model_turn_seconds", "outcome" => outcome)
            .record(begun.elapsed().as_secs_f64());
        heard
    }

    async fn hear(&mut self, turn: &mut Asked) -> Result<Result<Why, Broken>, Stop> {
        let mut ears = Ears::of(self);
        let mut taken: Option<Instant> = None;
        loop {
            match ears.next(turn).await {
                Heard::Item(Some(Ok(end @ Chunk::End(why)))) => {
                    self.measure.hear(&end);
                    return Ok(Ok(why));
                }
                Heard::Item(Some(Ok(chunk))) => {
                    let in_burst = taken.is_some_and(|at| at.elapsed() < SOON);
                    self.take_all(chunk, turn, in_burst).await?;
                    taken = Some(Instant::now());
                }
                Heard::Item(Some(Err(error))) => return Ok(Err(Broken::Failed(error))),
                Heard::Item(None) => return Ok(Err(Broken::BrokeOff)),
                Heard::Halted => self.check()?,
                Heard::Late => return Err(Stop::finished(FinishReason::MaxTime)),
                Heard::Due => {
                    if self.writer.pending() {
                        self.flush().await?;
                    }
                    ears.again(self);
                }
            }
            if self.writer.is_full() {
                self.flush().await?;
                ears.again(self);
            }
        }
    }

    /// Takes a chunk and those that come with it: whoever reads is woken once, and sent them together.
    async fn take_all(
        &mut self,
        first: Chunk,
        turn: &mut Asked,
        in_burst: bool,
    ) -> Result<(), Stop> {
        self.writer.gather();
        let taken = self.take_ready(first, turn, in_burst).await;
        self.writer.release()?;
        taken
    }

    async fn take_ready(
        &mut self,
        first: Chunk,
        turn: &mut Asked,
        in_burst: bool,
    ) -> Result<(), Stop> {
        self.take(first)?;
        for _ in 1..TOGETHER {
            if self.writer.is_full() {
                break;
            }
            let Some(next) = next_ready(turn, in_burst).await else { break };
            self.take(next)?;
        }
        Ok(())
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), Stop> {
        self.measure.hear(&chunk);
        match chunk {
            Chunk::Model(model) => {
                self.run.model = Some(plain::head(&plain::text(model), 200));
                Ok(())
            }
            Chunk::Text(delta) => self.say(plain::text(delta)),
            Chunk::CallStart { id, name, .. } => self.begin_call(id, name),
            Chunk::CallArgs { index, delta } => match self.calls.add(index, plain::text(delta)) {
                Some(event) => self.append(&event).map(drop),
                None => Ok(()),
            },
            Chunk::Kept(kept) => {
                let kept = serde_json::to_value(kept).map(plain::value);
                self.message.aside.kept.extend(kept.ok().map(|kept| (self.step, kept)));
                Ok(())
            }
            Chunk::Usage(_) | Chunk::End(_) => Ok(()),
        }
    }

    fn say(&mut self, delta: String) -> Result<(), Stop> {
        if self.answer.say(self.step, &delta) > MAX_SAID {
            return Err(Stop::failed(
                RunErrorCode::ModelFailed,
                "the model does not stop to speak",
            ));
        }
        let cited = self.sources.hear(&delta);
        self.append(&LogEvent::ContentDelta { delta })?;
        for (index, citation) in cited {
            self.answer.cite(index, citation.clone());
            self.append(&citation_event(index, citation))?;
        }
        Ok(())
    }

    fn begin_call(&mut self, provider_id: String, name: String) -> Result<(), Stop> {
        let id: ToolCallId = self.runs.platform.new_id();
        let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let row = ToolCall {
            id,
            conversation_id: self.run.conversation_id,
            run_id: self.run.id,
            message_id: self.message.id,
            step: i32::try_from(self.step).unwrap_or(i32::MAX),
            ordinal: number(self.calls.len()),
            provider_id: plain::text(provider_id),
            name: plain::head(&plain::text(name), 200),
            connector: None,
            tool: None,
            args: Value::Null,
            effect: None,
            state: CallState::Requested,
            passed_by: None,
            result: None,
            created_at: self.runs.platform.now(),
            started_at: None,
            finished_at: None,
        };
        if let Some(event) = self.calls.begin(row) {
            self.answer.call(self.step, id);
            self.append(&event)?;
        }
        Ok(())
    }

    fn turn_is_over(&mut self, why: Why) -> Result<(), Stop> {
        self.add_used();
        let (waited, broken) = self.calls.complete();
        for (id, event) in waited {
            self.answer.call(self.step, id);
            self.append(&event)?;
        }
        for (id, fault) in broken {
            self.refuse(id, ErrorCode::Invalid, &fault)?;
        }
        self.answer.step_is_done();
        self.turns = self.step + 1;
        match why {
            Why::EndTurn | Why::Calls => Ok(()),
            // Of calls that were cut short the model is told, and goes on.
            Why::MaxTokens if !self.calls.is_empty() => Ok(()),
            Why::MaxTokens => Err(Stop::finished(FinishReason::MaxTokens)),
            Why::Filtered => {
                let message = "the provider kept the model from going on";
                Err(Stop::failed(RunErrorCode::ModelFailed, message))
            }
        }
    }
}

/// The next chunk if it is there; in a burst whoever reads the wire is let on first.
async fn next_ready(turn: &mut Asked, in_burst: bool) -> Option<Chunk> {
    // One that comes at its pace is shown at once, without a look at what may come after it.
    if !in_burst {
        return None;
    }
    let found = ready(turn);
    if found.is_some() {
        return found;
    }
    yield_now().await;
    ready(turn)
}

fn ready(turn: &mut Asked) -> Option<Chunk> {
    let goes_on = |item: &Result<Chunk, Error>| match item {
        Ok(chunk) => !matches!(chunk, Chunk::End(_)),
        Err(_) => false,
    };
    Pin::new(turn).next_if(goes_on).now_or_never().flatten()?.ok()
}

impl Broken {
    /// Whether the same turn may go well when it is asked for again.
    fn may_pass(&self) -> bool {
        match self {
            Self::BrokeOff => true,
            Self::Failed(error) => error.is_temporary() || matches!(error, Error::Unreadable(_)),
        }
    }

    fn said(&self) -> String {
        match self {
            Self::BrokeOff => "the model provider broke off".to_owned(),
            Self::Failed(error) => error.to_string(),
        }
    }

    fn stop(self) -> Stop {
        let code = match &self {
            Self::Failed(Error::Timeout) => RunErrorCode::ModelTimeout,
            Self::Failed(_) | Self::BrokeOff => RunErrorCode::ModelFailed,
        };
        let stop = Stop::failed(code, plain::text(self.said()));
        tracing::warn!(code = %code, error = %self.said(), "the model failed");
        stop
    }
}
