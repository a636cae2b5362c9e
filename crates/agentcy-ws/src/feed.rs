//! The events of one channel of an org: read once, kept for a while, and taken by each follower at its own pace.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agentcy_core::{By, Realm, id::OrgId};
use agentcy_platform::{
    Result,
    live::{self, Channel, Numbered},
};
use tokio::sync::Notify;

use crate::{seat::Seat, state::Shared, told::Told};

/// How many events are kept, and how many bytes of them.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 1 << 20;
/// How many are read at once.
pub(crate) const PAGE: usize = 256;
/// How many a follower is handed at once.
const BATCH: usize = 64;

/// A channel that is followed here.
pub(crate) struct Feed {
    channel: Channel,
    by: By,
    state: Mutex<State>,
    /// One at a time reads on.
    reading: tokio::sync::Mutex<()>,
    /// Rung when the channel has gone on and nobody has said so.
    pub(crate) behind: Notify,
}

#[derive(Default)]
struct State {
    /// Everything after this number and up to the last is kept.
    before: i64,
    events: VecDeque<Arc<Told>>,
    bytes: usize,
    followers: HashMap<u64, Follower>,
    next: u64,
}

struct Follower {
    seat: Arc<Seat>,
    realm: Option<Realm>,
    /// Up to here it has been told, as far as it is for it.
    at: i64,
}

/// What a follower finds.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Nothing new.
    Nothing,
    /// What is next; whether there is more.
    Events(Vec<Arc<Told>>, bool),
    /// What is next is not kept here; by how many it is behind.
    Behind(i64, i64),
}

impl State {
    fn last(&self) -> i64 {
        self.before + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    fn trim(&mut self) {
        while self.events.len() > KEPT || self.bytes > KEPT_BYTES && self.events.len() > PAGE {
            let Some(gone) = self.events.pop_front() else { return };
            self.bytes -= gone.weight();
            self.before = gone.seq();
        }
    }
}

impl Feed {
    pub(crate) fn new(channel: Channel, by: By, last: i64) -> Self {
        Self {
            channel,
            by,
            state: Mutex::new(State { before: last, ..State::default() }),
            reading: tokio::sync::Mutex::default(),
            behind: Notify::new(),
        }
    }

    pub(crate) const fn org(&self) -> OrgId {
        self.by.org_id()
    }

    pub(crate) const fn channel(&self) -> Channel {
        self.channel
    }

    pub(crate) const fn by(&self) -> &By {
        &self.by
    }

    /// The last number that was read.
    pub(crate) fn last(&self) -> i64 {
        self.state().last()
    }

    /// Whether nobody follows it.
    pub(crate) fn is_idle(&self) -> bool {
        self.state().followers.is_empty()
    }

    /// The channel goes that far.
    pub(crate) fn reach(&self, last: i64) {
        if self.last() < last {
            self.behind.notify_one();
        }
    }

    /// A new follower, who has been told up to a number, or to the last; where that is, and by which name it is known.
    pub(crate) fn join(
        &self,
        seat: &Arc<Seat>,
        realm: Option<Realm>,
        at: Option<i64>,
    ) -> (u64, i64) {
        let mut state = self.state();
        let at = at.unwrap_or_else(|| state.last());
        let name = state.next;
        state.next += 1;
        state.followers.insert(name, Follower { seat: Arc::clone(seat), realm, at });
        (name, at)
    }

    /// The follower leaves.
    pub(crate) fn leave(&self, name: u64) {
        self.state().followers.remove(&name);
    }

    /// Where a follower is.
    pub(crate) fn at(&self, name: u64) -> Option<i64> {
        self.state().followers.get(&name).map(|follower| follower.at)
    }

    /// A follower was told up to there by other means.
    pub(crate) fn move_to(&self, name: u64, at: i64) {
        if let Some(follower) = self.state().followers.get_mut(&name) {
            follower.at = at;
        }
    }

    /// What is next for a follower.
    pub(crate) fn take(&self, name: u64) -> Taken {
        let mut guard = self.state();
        let state = &mut *guard;
        let last = state.last();
        let Some(follower) = state.followers.get_mut(&name) else { return Taken::Nothing };
        if follower.at >= last {
            return Taken::Nothing;
        }
        let Ok(from) = usize::try_from(follower.at - state.before) else {
            return Taken::Behind(follower.at, last - follower.at);
        };
        let caller = follower.seat.caller();
        let mut events = Vec::new();
        for told in state.events.range(from..) {
            follower.at = told.seq();
            if told.is_for(&caller, self.channel, follower.realm.as_ref()) {
                events.push(Arc::clone(told));
                if events.len() == BATCH {
                    break;
                }
            }
        }
        Taken::Events(events, follower.at < last)
    }

    /// Reads what has its number by now, and rings for whom it is.
    pub(crate) async fn read_on(&self, shared: &Shared) -> Result<()> {
        let _alone = self.reading.lock().await;
        loop {
            let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
            let read = live::after(&shared.platform, &self.by, self.channel, self.last(), limit);
            let page = read.await?;
            let is_full = page.len() == PAGE;
            for seat in self.show(page) {
                seat.stirred.notify_one();
            }
            if !is_full {
                return Ok(());
            }
            // Those who were rung for take it before more comes.
            tokio::task::yield_now().await;
        }
    }

    /// Keeps a page; gives those for whom something of it is.
    fn show(&self, page: Vec<Numbered>) -> Vec<Arc<Seat>> {
        let mut guard = self.state();
        let state = &mut *guard;
        let from = state.last();
        let mut new = Vec::with_capacity(page.len());
        for numbered in page {
            let told = Arc::new(Told::new(numbered));
            if told.seq() != state.last() + 1 {
                // What came between is not kept any more; followers are told so as they come to it.
                (state.before, state.bytes) = (told.seq() - 1, 0);
                state.events.clear();
            }
            state.bytes += told.weight();
            state.events.push_back(Arc::clone(&told));
            new.push(told);
        }
        let last = state.last();
        let mut wake = Vec::new();
        for follower in state.followers.values_mut() {
            let (caller, realm) = (follower.seat.caller(), follower.realm.as_ref());
            match new.iter().find(|told| told.is_for(&caller, self.channel, realm)) {
                Some(_) => wake.push(Arc::clone(&follower.seat)),
                // Nothing of it is for it, so it is as far as the feed.
                None if follower.at == from => follower.at = last,
                None => {}
            }
        }
        state.trim();
        wake
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
