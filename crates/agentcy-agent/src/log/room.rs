//! Where the writer of a conversation and its readers in this process meet: what was shown lately.
//!
//! A writer never waits for a reader. Whoever is behind what is kept here reads the store.

use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use agentcy_core::id::OrgId;
use tokio::{sync::Notify, time::Instant};

use super::{
    entry::Entry,
    message::{self, Message},
    writer::Place,
};

/// How many stored entries are kept for readers who are a little behind, and how many bytes of them.
const KEPT: usize = 4096;
const KEPT_BYTES: usize = 1 << 20;
/// How many entries a reader is handed at once.
const BATCH: usize = 1024;

/// The meeting point.
#[derive(Debug, Default)]
pub(crate) struct Room {
    state: Mutex<State>,
    /// Rung when a reader should look again that does not wait in line.
    pub(crate) changed: Notify,
    /// Rung when the pump should.
    pub(crate) unsent: Notify,
}

#[derive(Debug, Default)]
struct State {
    writer: Option<Holder>,
    /// Where the last writer writes.
    place: Option<Place>,
    /// Everything after this number that was shown is in `entries`.
    before: i64,
    entries: VecDeque<Shown>,
    bytes: usize,
    /// Up to here the store has it.
    durable: i64,
    /// Up to here the pump has taken it.
    sent: i64,
    /// Until when somebody elsewhere listens.
    wanted: Option<Instant>,
    has_pump: bool,
    /// Readers who have seen all, each under its own number.
    waiting: Vec<(u64, Waker)>,
}

#[derive(Debug)]
struct Holder {
    token: u64,
    held_until: Instant,
}

#[derive(Debug)]
struct Shown {
    entry: Entry,
    at: Instant,
}

/// What a reader finds.
#[derive(Debug)]
pub(crate) enum Look {
    /// What comes next, and how long the first of it has been waiting.
    Entries(Vec<Entry>, Duration),
    /// What comes next has gone from here: everything up to this number is stored.
    Behind(i64),
    /// Nothing new; whether there will be, from here.
    Nothing { is_live: bool },
}

/// What a pump finds.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// This is next.
    Next(Message),
    /// Nothing, for now.
    Nothing,
    /// Nobody listens any more, or nobody writes: the pump ends.
    Over,
}

impl Room {
    /// A writer takes the room. Its predecessor's entries go: the store has those that count.
    pub(crate) fn open(
        &self,
        token: u64,
        place: Place,
        committed: i64,
        held_until: Instant,
        wanted: Option<Instant>,
    ) -> bool {
        let mut state = self.state();
        state.writer = Some(Holder { token, held_until });
        state.place = Some(place);
        state.entries.clear();
        state.bytes = 0;
        (state.before, state.durable, state.sent) = (committed, committed, committed);
        let wants_pump = state.want(wanted);
        self.ring(state);
        wants_pump
    }

    /// Has all readers look again.
    pub(crate) fn wake(&self) {
        self.ring(self.state());
    }

    /// Outside of the lock: whoever is woken may come at once.
    fn ring(&self, mut state: MutexGuard<'_, State>) {
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        for (_, waker) in waiting {
            waker.wake();
        }
        self.changed.notify_waiters();
    }

    /// Shows entries; false when the room is another writer's by now.
    pub(crate) fn show(
        &self,
        token: u64,
        now: Instant,
        entries: impl IntoIterator<Item = Entry>,
    ) -> bool {
        let mut state = self.state();
        if !state.is_held_by(token) {
            return false;
        }
        for entry in entries {
            state.bytes += entry.line().len();
            state.entries.push_back(Shown { entry, at: now });
        }
        state.trim();
        let has_pump = state.has_pump;
        self.ring(state);
        if has_pump {
            self.unsent.notify_one();
        }
        true
    }

    /// Up to this number the store has it now; the lease holds until then.
    pub(crate) fn stored(&self, token: u64, durable: Option<i64>, held_until: Instant) {
        let mut state = self.state();
        if let Some(writer) = state.writer.as_mut().filter(|writer| writer.token == token) {
            writer.held_until = held_until;
            state.durable = durable.unwrap_or(state.durable);
            state.trim();
        }
    }

    /// The writer leaves; what it showed and did not store is shown to nobody else.
    pub(crate) fn close(&self, token: u64) {
        let mut state = self.state();
        if !state.is_held_by(token) {
            return;
        }
        state.writer = None;
        while state.entries.back().is_some_and(|last| last.entry.seq() > state.durable) {
            if let Some(gone) = state.entries.pop_back() {
                state.bytes -= gone.entry.line().len();
            }
        }
        self.ring(state);
        self.unsent.notify_one();
    }

    /// What comes after this number.
    pub(crate) fn look(&self, after: i64) -> Look {
        self.state().look(after)
    }

    /// The same; a reader who has seen all that there is from here waits in line under a number of its own.
    pub(crate) fn look_or_wait(&self, after: i64, reader: u64, waker: &Waker) -> Look {
        let mut state = self.state();
        let look = state.look(after);
        state.waiting.retain(|(other, _)| *other != reader);
        if matches!(look, Look::Nothing { is_live: true }) {
            state.waiting.push((reader, waker.clone()));
        }
        look
    }

    /// A reader waits no more.
    pub(crate) fn leave(&self, reader: u64) {
        self.state().waiting.retain(|(other, _)| *other != reader);
    }

    /// Somebody elsewhere listens until then; `anew` when they may have missed something. Gives the org when a pump is
    /// to be started.
    pub(crate) fn want(&self, until: Instant, anew: bool) -> Option<OrgId> {
        let mut state = self.state();
        let org = state.writer.as_ref().and(state.place)?.org;
        if anew {
            state.sent = state.durable;
        }
        let wants_pump = state.want(Some(until));
        drop(state);
        self.unsent.notify_one();
        wants_pump.then_some(org)
    }

    /// What the pump sends next; it counts as sent.
    pub(crate) fn next_unsent(&self) -> Unsent {
        let now = Instant::now();
        let mut state = self.state();
        let is_wanted = state.wanted.is_some_and(|until| until > now);
        let Some(place) = state.place.filter(|_| is_wanted) else {
            state.has_pump = false;
            return Unsent::Over;
        };
        let before = state.sent.max(state.before);
        let from = state.first_after(before);
        let next = state.entries.range(from..).map(|shown| &shown.entry);
        if let Some(message) = message::pack((place.run, place.fence), before, next) {
            state.sent = message.last;
            return Unsent::Next(message);
        }
        if state.writer.is_none() {
            state.has_pump = false;
            return Unsent::Over;
        }
        Unsent::Nothing
    }

    /// What the pump took from there on did not go out.
    pub(crate) fn not_sent(&self, before: i64) {
        let mut state = self.state();
        state.sent = state.sent.min(before);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn look(&self, after: i64) -> Look {
        let now = Instant::now();
        let is_live = self.writer.as_ref().is_some_and(|writer| writer.held_until > now);
        if after < self.before && (is_live || !self.entries.is_empty()) {
            return Look::Behind(self.before);
        }
        let from = self.first_after(after);
        let Some(first) = self.entries.get(from) else {
            return Look::Nothing { is_live };
        };
        let waited = now.saturating_duration_since(first.at);
        let next = self.entries.range(from..).take(BATCH);
        Look::Entries(next.map(|shown| shown.entry.clone()).collect(), waited)
    }

    /// Where the entries after this number begin. Whoever asks is seldom far behind: it is looked for from the end.
    fn first_after(&self, number: i64) -> usize {
        let newer = self.entries.iter().rev().take_while(|shown| shown.entry.seq() > number);
        self.entries.len() - newer.count()
    }

    fn is_held_by(&self, token: u64) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.token == token)
    }

    fn want(&mut self, until: Option<Instant>) -> bool {
        self.wanted = self.wanted.max(until);
        let is_new = self.wanted.is_some() && !self.has_pump;
        self.has_pump |= is_new;
        is_new
    }

    fn trim(&mut self) {
        while (self.entries.len() > KEPT || self.bytes > KEPT_BYTES)
            && self.entries.front().is_some_and(|first| first.entry.seq() <= self.durable)
        {
            if let Some(gone) = self.entries.pop_front() {
                self.bytes -= gone.entry.line().len();
                self.before = gone.entry.seq();
            }
        }
    }
}
