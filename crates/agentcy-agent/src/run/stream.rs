//! Waiting for the next piece of something, and for all that may come in between.

use std::pin::Pin;

use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{FLUSH, keeper::Listener, session::Session};

/// What happened first.
pub(super) enum Heard<T> {
    /// The next piece; none is the end.
    Item(Option<T>),
    /// The run must not go on.
    Halted,
    /// What was shown should be written down.
    Due,
    /// The run has no more time.
    Late,
}

/// Hears whatever happens first.
pub(super) struct Ears {
    listener: Listener,
    due: Pin<Box<Sleep>>,
    late: Pin<Box<Sleep>>,
}

impl Ears {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            listener: session.seat.listener(),
            due: Box::pin(sleep_until(session.clock.flushed + FLUSH)),
            late: Box::pin(sleep_until(session.deadline())),
        }
    }

    /// What is due was done, or there was nothing to do.
    pub(super) fn again(&mut self, session: &Session) {
        let flushed = session.clock.flushed;
        let next = if flushed + FLUSH > Instant::now() { flushed } else { Instant::now() };
        self.due.as_mut().reset(next + FLUSH);
    }

    pub(super) async fn next<S: Stream + Unpin>(&mut self, pieces: &mut S) -> Heard<S::Item> {
        // A stream that never pauses must not keep the rest from being heard.
        let now = Instant::now();
        if self.listener.is_halted() {
            return Heard::Halted;
        }
        if now >= self.late.deadline() {
            return Heard::Late;
        }
        if now >= self.due.deadline() {
            return Heard::Due;
        }
        // What is there already costs no timer.
        if let Some(piece) = pieces.next().now_or_never() {
            return Heard::Item(piece);
        }
        tokio::select! {
            biased;
            () = self.listener.halted() => Heard::Halted,
            piece = pieces.next() => Heard::Item(piece),
            () = &mut self.late => Heard::Late,
            () = &mut self.due => Heard::Due,
        }
    }
}
