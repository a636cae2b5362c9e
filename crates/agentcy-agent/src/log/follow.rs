//! A reader as a stream: what is here is looked for in place, all else by a future of its own.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use agentcy_platform::Result;
use futures_util::{FutureExt, Stream, future::BoxFuture};

use super::{
    entry::Entry,
    reader::{Live, Reader},
};
use crate::run::Hand;

/// Follows a log, and works on the run that it is shown for.
pub(crate) struct Follow {
    place: Place,
    hand: Option<Hand>,
}

/// A reader that has looked elsewhere, and what it found there.
type Looked = (Box<Reader>, Result<Option<Vec<Entry>>>);

/// Where it looks.
enum Place {
    Here(Box<Reader>),
    Elsewhere(BoxFuture<'static, Looked>),
    Over,
}

impl Follow {
    /// What a reader finds; with a hand for the run that writes it.
    pub(crate) fn working(reader: Reader, hand: Option<Hand>) -> Self {
        Self { place: Place::Here(Box::new(reader)), hand }
    }

    fn work(&self, cx: &Context<'_>) {
        let Some(hand) = &self.hand else { return };
        // It sees what it adds itself right after, without being woken for it.
        if let Place::Here(reader) = &self.place
            && hand.is_due()
        {
            reader.leave_line();
        }
        hand.lend(cx);
    }
}

impl Stream for Follow {
    type Item = Result<Vec<Entry>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.work(cx);
        loop {
            let found = match &mut this.place {
                Place::Over => Live::Over,
                Place::Here(reader) => ready!(reader.poll_live(cx)),
                Place::Elsewhere(looking) => {
                    let (reader, next) = ready!(looking.as_mut().poll(cx));
                    this.place = Place::Here(reader);
                    match next {
                        Ok(Some(entries)) => Live::Entries(entries),
                        Ok(None) => Live::Over,
                        Err(error) => {
                            this.end();
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                }
            };
            match found {
                Live::Entries(entries) => return Poll::Ready(Some(Ok(entries))),
                Live::Over => {
                    this.end();
                    return Poll::Ready(None);
                }
                Live::Elsewhere => this.look_elsewhere(),
            }
        }
    }
}

impl Follow {
    fn look_elsewhere(&mut self) {
        if let Place::Here(mut reader) = mem::replace(&mut self.place, Place::Over) {
            let looking = async move {
                let next = reader.next().await;
                (reader, next)
            };
            self.place = Place::Elsewhere(looking.boxed());
        }
    }

    /// The run goes on by itself.
    fn end(&mut self) {
        (self.place, self.hand) = (Place::Over, None);
    }
}
