//! The event log of a conversation: one numbered list, written by the run that holds the conversation and followed by
//! whoever may see it, on any replica.
//!
//! A `Writer` shows events as they come and stores them in batches. A follower is given what is stored, then what
//! comes, without loss or repeat: from this process's [`Hub`], over the bus, or from the store when neither joins up.

mod entry;
mod follow;
mod hub;
mod message;
mod pump;
mod reader;
mod room;
mod stored;
mod writer;

use std::time::Duration;

use agentcy_core::{
    By,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Platform, Result};
use futures_util::stream::BoxStream;
use tokio::time::timeout;

pub use self::{entry::Entry, hub::Hub};
pub(crate) use self::{
    follow::Follow,
    reader::Reader,
    writer::{Lost, Place, Position, Writer},
};

/// How often a conversation is looked at in which nothing is said.
const QUIET: Duration = Duration::from_secs(30);

/// What a follower is given: each item is all that is there at the moment, in order. It ends by itself, also when the
/// server stops; whoever goes on asks for what comes after the last number.
pub type Tail = BoxStream<'static, Result<Vec<Entry>>>;

/// When a follower has seen all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When no run is active or waits for its turn.
    Quiet,
    /// When this run is over; only its events are given.
    Run(RunId),
    /// The same without what was asked, which whoever asked knows.
    Answer(RunId),
}

impl Until {
    const fn run(self) -> Option<RunId> {
        match self {
            Self::Quiet => None,
            Self::Run(run) | Self::Answer(run) => Some(run),
        }
    }
}

/// Follows a conversation that somebody permitted may see, from the event after this number on.
pub fn attend(
    hub: &Hub,
    platform: &Platform,
    by: By,
    conversation: ConversationId,
    after: i64,
    until: Until,
) -> Tail {
    let reader = Reader::new(hub, platform, by, conversation, after, until);
    Box::pin(Follow::working(reader, None))
}

/// The same for as long as the conversation is there, also while no run is active.
pub fn stay(
    hub: &Hub,
    platform: &Platform,
    by: By,
    conversation: ConversationId,
    after: i64,
) -> Tail {
    let (hub, platform, mut at) = (hub.clone(), platform.clone(), after);
    let seat = hub.enter(conversation);
    Box::pin(async_stream::try_stream! {
        loop {
            // Listens before it reads, so that nothing begins in between.
            let mut begun = Box::pin(seat.room.changed.notified());
            begun.as_mut().enable();
            let mut reader =
                Reader::new(&hub, &platform, by.clone(), conversation, at, Until::Quiet);
            while let Some(entries) = reader.next().await? {
                at = entries.last().map_or(at, Entry::seq);
                yield entries;
            }
            if reader.is_gone() || hub.is_stopping() {
                break;
            }
            drop(reader);
            // A word of another process may be lost.
            drop(timeout(QUIET, begun).await);
        }
    })
}

#[cfg(test)]
mod tests;
