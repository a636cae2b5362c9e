//! One answer of a provider as it streams in.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::{Duration, Instant},
};

use agentcy_egress::Answer;
use reqwest::header::CONTENT_TYPE;
use secrecy::SecretString;
use tokio::time::{Sleep, sleep, timeout};

use crate::{
    Chunk, Error, Kept, Patience, Result, Stop, anthropic, fault::Fault, openai, said::Said,
    sse::Events,
};

/// The most that is read of one turn.
const TURN_LIMIT: usize = 16 << 20;
/// How long the end of the body is waited for, so that its connection can be used again.
const TAIL: Duration = Duration::from_millis(50);
/// How long the tokens are waited for once the model has stopped.
const USAGE: Duration = Duration::from_secs(5);

/// The wire that an answer speaks.
#[derive(Debug)]
pub(crate) enum Decoder {
    Openai(openai::Decoder),
    Anthropic(anthropic::Decoder),
}

/// The turn behind the bytes: what was decoded, and what of it is said.
#[derive(Debug)]
struct Decoded {
    decoder: Decoder,
    said: Said,
    /// Whose model it is.
    of: String,
}

/// The most that is kept of what a provider wants back with a turn, in bytes of JSON.
const KEPT: usize = 1 << 20;

impl Decoded {
    fn event(&mut self, data: &[u8]) -> std::result::Result<(), Fault> {
        match &mut self.decoder {
            Decoder::Openai(decoder) => decoder.event(data, &mut self.said),
            Decoder::Anthropic(decoder) => decoder.event(data, &mut self.said),
        }
    }

    /// The turn is over. What led to calls goes back with them.
    fn end(&mut self, stop: Stop) -> std::result::Result<(), Fault> {
        let kept = match &self.decoder {
            _ if !self.said.has_calls() => None,
            Decoder::Openai(decoder) => decoder.kept(),
            Decoder::Anthropic(decoder) => decoder.kept(),
        };
        let kept = kept.filter(|value| value.to_string().len() <= KEPT);
        let of = std::mem::take(&mut self.of);
        self.said.end(stop, kept.map(|value| Kept { of, value }))
    }

    fn is_done(&self) -> bool {
        match &self.decoder {
            Decoder::Openai(decoder) => decoder.is_done(),
            Decoder::Anthropic(decoder) => decoder.is_done(),
        }
    }

    fn stop(&self) -> Option<Stop> {
        match &self.decoder {
            Decoder::Openai(decoder) => decoder.stop(),
            Decoder::Anthropic(decoder) => decoder.stop(),
        }
    }
}

/// An answer that streams in.
pub(crate) struct Reply {
    answer: Answer,
    key: Option<SecretString>,
    patience: Patience,
    asked: Instant,
    /// Ends a silence. It is left as it is while pieces come, and put off when it goes off too early.
    idle: Pin<Box<Sleep>>,
    events: Events,
    /// The whole of an answer that is not streamed although that was asked for.
    whole: Option<Vec<u8>>,
    decoded: Decoded,
    read: usize,
    /// What follows the chunks that are ready.
    over: Option<Result<()>>,
}

impl Reply {
    /// An answer whose head is there.
    pub(crate) fn new(
        answer: Answer,
        decoder: Decoder,
        of: String,
        key: Option<SecretString>,
        patience: Patience,
        asked: Instant,
    ) -> Self {
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        Self {
            answer,
            key,
            patience,
            asked,
            idle: Box::pin(sleep(patience.first)),
            events: Events::default(),
            whole: is_json.then(Vec::new),
            decoded: Decoded { decoder, said: Said::default(), of },
            read: 0,
            over: None,
        }
    }

    /// Reads until the model begins to speak, or has nothing to say.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        while !self.decoded.said.spoke() {
            match self.over.take() {
                Some(Err(error)) => return Err(error),
                Some(over) => {
                    self.over = Some(over);
                    return Ok(());
                }
                None => self.read().await,
            }
        }
        Ok(())
    }

    /// The next chunk; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if let Some(chunk) = self.decoded.said.pop() {
                return Ok(Some(chunk));
            }
            if let Some(over) = &mut self.over {
                return std::mem::replace(over, Ok(())).map(|()| None);
            }
            self.read().await;
        }
    }

    /// How long the provider may be silent now.
    fn patience(&self) -> Duration {
        if self.decoded.stop().is_some() {
            self.patience.idle.min(USAGE)
        } else if self.decoded.said.spoke() {
            self.patience.idle
        } else {
            self.patience.first.saturating_sub(self.asked.elapsed()).max(self.patience.idle)
        }
    }

    async fn read(&mut self) {
        let patience = self.patience();
        let piece = within(&mut self.idle, patience, self.answer.chunk());
        let fault = match piece.await {
            Some(Ok(Some(piece))) => match self.take(&piece) {
                Ok(()) if !self.decoded.is_done() => return,
                Ok(()) => {
                    self.drain().await;
                    return self.end();
                }
                Err(fault) => fault.into_error(self.key.as_ref()),
            },
            Some(Ok(None)) => match self.finish() {
                // Half an event is all that is left of a whole one.
                Err(fault @ Fault::Said { .. }) => fault.into_error(self.key.as_ref()),
                _ if self.decoded.stop().is_some() => return self.end(),
                _ if self.whole.is_some() => Error::Unreadable("it is not streamed"),
                _ => Error::Broken,
            },
            _ if self.decoded.stop().is_some() => return self.end(),
            Some(Err(agentcy_egress::Error::Broken(_))) => Error::Broken,
            Some(Err(error)) => error.into(),
            None => Error::Timeout,
        };
        self.decoded.said.tell();
        self.over = Some(Err(fault));
    }

    /// Reads what holds nothing more; neither an error nor a delay of it matters.
    async fn drain(&mut self) {
        let rest = async { while let Ok(Some(_)) = self.answer.chunk().await {} };
        let _ = timeout(TAIL, rest).await;
    }

    fn take(&mut self, piece: &[u8]) -> std::result::Result<(), Fault> {
        self.read += piece.len();
        if self.read > TURN_LIMIT {
            return Err(Fault::Unreadable("it is too large"));
        }
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(piece);
            return Ok(());
        }
        let decoded = &mut self.decoded;
        self.events.feed(piece, &mut |data| decoded.event(data))
    }

    fn finish(&mut self) -> std::result::Result<(), Fault> {
        let decoded = &mut self.decoded;
        match &self.whole {
            Some(whole) => decoded.event(whole),
            None => self.events.finish(&mut |data| decoded.event(data)),
        }
    }

    fn end(&mut self) {
        let stop = self.decoded.stop().unwrap_or(Stop::EndTurn);
        let ended = self.decoded.end(stop);
        self.over = Some(ended.map_err(|fault| fault.into_error(self.key.as_ref())));
    }
}

/// Does something for at most so long. The timer counts from the first time that there is nothing.
async fn within<T>(
    timer: &mut Pin<Box<Sleep>>,
    patience: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut end) = (pin!(work), None);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        let end = *end.get_or_insert_with(|| tokio::time::Instant::now() + patience);
        if timer.deadline() > end {
            timer.as_mut().reset(end);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= end {
                return Poll::Ready(None);
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
#[path = "reply_tests/mod.rs"]
mod tests;
