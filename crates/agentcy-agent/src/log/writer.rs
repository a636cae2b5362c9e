//! The one who adds to the log: the task of the run that holds the conversation.

use std::{mem, str};

use agentcy_core::{
    Timestamp,
    chat::LogEvent,
    id::{ConversationId, OrgId, RunId},
};
use agentcy_platform::{Error, Result};
use agentcy_store::{
    Tenant,
    conversation_log::{self, Lines},
    runs::{self, Hold},
};
use tokio::time::Instant;

use super::{
    entry::{Encoder, Entry},
    hub::{Hub, Seat},
};

/// How many numbers a commit reserves.
pub(crate) const BLOCK: i64 = 4096;
/// How much is shown at most before it is stored.
const UNSTORED: usize = 1 << 20;

/// Which run writes where, and under which claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) org: OrgId,
    pub(crate) conversation: ConversationId,
    pub(crate) run: RunId,
    pub(crate) fence: i64,
}

/// Where a writer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The last number that is stored.
    pub(crate) committed: i64,
    /// The first number to use.
    pub(crate) next: i64,
    /// The last number that may be shown before the next commit.
    pub(crate) reserved: i64,
}

impl Position {
    /// After a holder that stored all that it showed.
    pub(crate) const fn after(committed: i64, reserved: i64) -> Self {
        Self { committed, next: committed + 1, reserved }
    }

    /// After a holder that may have shown what it did not store: none of its numbers is used again.
    pub(crate) const fn after_crash(committed: i64, reserved: i64) -> Self {
        Self { committed, next: reserved + 1, reserved }
    }
}

/// Why nothing may be added.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Somebody else may hold the run by now.
    #[error("the lease of the run has run out")]
    Lease,
    /// A flush was due before.
    #[error("the reserved numbers of the log are used up")]
    Numbers,
    /// A fault of ours.
    #[error("an event of the log cannot be written")]
    Unwritable,
}

impl From<Lost> for Error {
    fn from(lost: Lost) -> Self {
        Self::internal("the log cannot be added to", lost)
    }
}

/// What a flush learned of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flushed {
    /// Whether somebody asked to stop it.
    pub(crate) cancel: bool,
}

/// Adds to the log of a conversation. Dropped, it leaves the conversation to the next holder.
///
/// What is appended while it holds back is shown by the next [`Writer::flushed`]; a new one holds back, and has the room
/// only from then on: until its first lines are stored, the run may turn out to be somebody else's.
pub(crate) struct Writer {
    pub(super) seat: Seat,
    token: u64,
    pub(super) place: Place,
    encoder: Encoder,
    next: i64,
    reserved: i64,
    held_until: Instant,
    /// What was stored before it; none once it has the room.
    committed: Option<i64>,
    /// The lines that are not stored yet, and the number of the first.
    unstored: Vec<u8>,
    first: i64,
    held_back: Option<Vec<Entry>>,
    /// What is shown together, while that is being gathered.
    gathered: Option<Vec<Entry>>,
    flushing: Option<Flushing>,
}

/// What the transaction of the last flush holds.
struct Flushing {
    bytes: usize,
    last: i64,
    reserved: i64,
}

impl Writer {
    pub(crate) fn new(hub: &Hub, place: Place, at: Position, held_until: Instant) -> Self {
        let (seat, token) = (hub.enter(place.conversation), hub.token());
        Self {
            seat,
            token,
            place,
            encoder: Encoder::new(place.run),
            next: at.next,
            reserved: at.reserved,
            held_until,
            committed: Some(at.committed),
            unstored: Vec::new(),
            first: at.next,
            held_back: Some(Vec::new()),
            gathered: None,
            flushing: None,
        }
    }

    /// Numbers an event, and shows it unless the writer holds back, as it does from a terminal event on.
    pub(crate) fn append(&mut self, event: &LogEvent) -> Result<i64, Lost> {
        let now = Instant::now();
        if now >= self.held_until {
            return Err(Lost::Lease);
        }
        if event.is_terminal() {
            self.hold();
        }
        let seq = self.next;
        if seq > self.reserved && self.held_back.is_none() {
            return Err(Lost::Numbers);
        }
        let entry = self.encoder.encode(seq, event).map_err(|_| Lost::Unwritable)?;
        self.unstored.extend_from_slice(entry.line());
        self.unstored.push(b'\n');
        self.next += 1;
        if let Some(later) = self.held_back.as_mut().or(self.gathered.as_mut()) {
            later.push(entry);
        } else if !self.seat.room.show(self.token, now, [entry]) {
            return Err(Lost::Lease);
        }
        Ok(seq)
    }

    /// From now on what is appended waits for [`Self::release`], so that readers wake once for all of it.
    pub(crate) fn gather(&mut self) {
        self.gathered.get_or_insert_default();
    }

    /// Shows what was gathered.
    pub(crate) fn release(&mut self) -> Result<(), Lost> {
        let Some(gathered) = self.gathered.take().filter(|gathered| !gathered.is_empty()) else {
            return Ok(());
        };
        let now = Instant::now();
        let shown = now < self.held_until && self.seat.room.show(self.token, now, gathered);
        if shown { Ok(()) } else { Err(Lost::Lease) }
    }

    /// From now on shows nothing before it is stored.
    pub(crate) fn hold(&mut self) {
        self.held_back.get_or_insert_default();
    }

    /// Whether there is something to store.
    pub(crate) const fn pending(&self) -> bool {
        !self.unstored.is_empty()
    }

    /// How many numbers are left before a flush.
    pub(crate) const fn room(&self) -> i64 {
        self.reserved - self.next + 1
    }

    /// Whether it is time to flush, whatever the clock says.
    pub(crate) const fn is_full(&self) -> bool {
        self.room() < BLOCK / 4 || self.unstored.len() >= UNSTORED
    }

    /// Stores what was appended, reserves numbers, and keeps the run for longer. It counts once [`Self::flushed`] says
    /// that the transaction is committed; until then the next flush writes the same again.
    pub(crate) async fn flush(
        &mut self,
        tenant: &mut impl Tenant,
        at: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Flushed> {
        let Place { conversation, run: id, fence, .. } = self.place;
        let hold = Hold { id, fence };
        let kept = if self.pending() {
            let lines = self.lines(at)?;
            conversation_log::flush(tenant, hold, &lines, lease_until).await?
        } else {
            let flushing = self.flushing();
            if flushing.reserved > self.reserved {
                conversation_log::reserve(tenant, conversation, flushing.reserved).await?;
            }
            self.flushing = Some(flushing);
            runs::keep(tenant, hold, lease_until).await?
        };
        Ok(Flushed { cancel: kept.cancel })
    }

    /// What was appended and is not stored, for a transaction that stores it otherwise than [`Self::flush`] does.
    pub(crate) fn lines(&mut self, at: Timestamp) -> Result<Lines<'_>> {
        let flushing = self.flushing();
        let Flushing { last, reserved, .. } = *self.flushing.insert(flushing);
        let events = str::from_utf8(&self.unstored)
            .map_err(|error| Error::internal("the lines of a log are no text", error))?;
        let (conversation, first) = (self.place.conversation, self.first);
        Ok(Lines { conversation, first, last, reserved, events, at })
    }

    fn flushing(&self) -> Flushing {
        let last = self.next - 1;
        let spent = self.reserved - last < BLOCK / 2;
        let reserved = if spent { last + BLOCK } else { self.reserved };
        Flushing { bytes: self.unstored.len(), last, reserved }
    }

    /// What the last flush wrote is committed, and the lease extended. Shows what was held back.
    pub(crate) fn flushed(&mut self, held_until: Instant) {
        let Some(flushing) = self.flushing.take() else { return };
        self.unstored.drain(..flushing.bytes);
        self.first = flushing.last + 1;
        self.reserved = flushing.reserved;
        self.held_until = held_until;
        if let Some(committed) = self.committed.take() {
            self.seat.open(self.token, self.place, committed, held_until);
        }
        let (room, token) = (&self.seat.room, self.token);
        if let Some(held_back) = mem::take(&mut self.held_back) {
            room.show(token, Instant::now(), held_back);
            self.seat.begun();
        }
        room.stored(token, Some(flushing.last), held_until);
    }

    /// The lease was extended without a flush.
    pub(crate) fn extend(&mut self, held_until: Instant) {
        self.held_until = held_until;
        self.seat.room.stored(self.token, None, held_until);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.seat.room.close(self.token);
    }
}
