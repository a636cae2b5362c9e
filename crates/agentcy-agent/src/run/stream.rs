//! Waiting for the next piece of something, and for all that may come in between.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture};
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
    /// Listens on from piece to piece.
    halted: BoxFuture<'static, ()>,
    due: Pin<Box<Sleep>>,
    late: Pin<Box<Sleep>>,
}

impl Ears {
    pub(super) fn of(session: &Session) -> Self {
        let listener = session.seat.listener();
        Self {
            halted: halted(&listener),
            listener,
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
        let heard = poll_fn(|cx| {
            // What is there already costs no timer.
            if let Poll::Ready(piece) = pieces.poll_next_unpin(cx) {
                return Poll::Ready(Heard::Item(piece));
            }
            if self.halted.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Heard::Halted);
            }
            if self.late.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Heard::Late);
            }
            self.due.as_mut().poll(cx).map(|()| Heard::Due)
        });
        let heard = heard.await;
        if matches!(heard, Heard::Halted) {
            self.halted = halted(&self.listener);
        }
        heard
    }
}

fn halted(listener: &Listener) -> BoxFuture<'static, ()> {
    let mut listener = listener.clone();
    async move { listener.halted().await }.boxed()
}
