//! The sockets there are, by what it rests on that they are known.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agentcy_core::Principal;
use agentcy_platform::auth::{Anchor, Visitor};
use tokio::sync::Notify;

use crate::{
    seat::{Close, Seat},
    state::{Limits, Shared},
};

/// The sockets of a process.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    state: Mutex<State>,
    /// Rung when somebody came whose credential nobody else here has.
    pub(crate) arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    by_anchor: HashMap<Anchor, Vec<Arc<Seat>>>,
    of_principal: HashMap<Principal, usize>,
    count: usize,
    /// Who came since the keeper last looked at them.
    fresh: Vec<Anchor>,
    closed: Option<Close>,
}

/// Who is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// Those who just came.
    Fresh,
    /// Everybody.
    All,
}

impl Registry {
    /// Whether nobody is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().count == 0
    }

    /// Everything that the sockets there rest on, or only what is new.
    pub(crate) fn anchors(&self, whom: Whom) -> Vec<Anchor> {
        let mut state = self.state();
        let fresh = std::mem::take(&mut state.fresh);
        match whom {
            Whom::Fresh => fresh,
            Whom::All => state.by_anchor.keys().copied().collect(),
        }
    }

    /// The sockets that rest on this.
    pub(crate) fn seats(&self, anchor: &Anchor) -> Vec<Arc<Seat>> {
        self.state().by_anchor.get(anchor).cloned().unwrap_or_default()
    }

    /// Closes every socket, also those that still come.
    pub(crate) fn close(&self, why: Close) {
        let mut state = self.state();
        state.closed = Some(why);
        let seats: Vec<_> = state.by_anchor.values().flatten().cloned().collect();
        drop(state);
        for seat in seats {
            seat.end(why);
        }
    }

    fn enter(&self, visitor: Visitor, limits: &Limits) -> Option<Arc<Seat>> {
        let Visitor { caller, anchor } = visitor;
        let mut state = self.state();
        let has = state.of_principal.get(&caller.principal).copied().unwrap_or_default();
        if state.count >= limits.sockets || has >= limits.of_principal {
            return None;
        }
        state.count += 1;
        *state.of_principal.entry(caller.principal).or_default() += 1;
        let seat = Arc::new(Seat::new(caller));
        if let Some(why) = state.closed {
            seat.end(why);
        }
        let seats = state.by_anchor.entry(anchor).or_default();
        seats.push(Arc::clone(&seat));
        if seats.len() == 1 {
            state.fresh.push(anchor);
            self.arrived.notify_one();
        }
        Some(seat)
    }

    fn leave(&self, anchor: &Anchor, seat: &Arc<Seat>) {
        let principal = seat.caller().principal;
        let mut state = self.state();
        state.count -= 1;
        if let Some(has) = state.of_principal.get_mut(&principal) {
            *has -= 1;
            if *has == 0 {
                state.of_principal.remove(&principal);
            }
        }
        if let Some(seats) = state.by_anchor.get_mut(anchor) {
            seats.retain(|other| !Arc::ptr_eq(other, seat));
            if seats.is_empty() {
                state.by_anchor.remove(anchor);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the sockets, which is free again once it is dropped.
pub(crate) struct Place {
    shared: Arc<Shared>,
    anchor: Anchor,
    pub(crate) seat: Arc<Seat>,
}

impl Place {
    /// `None` when there is no room.
    pub(crate) fn take(shared: &Arc<Shared>, visitor: Visitor) -> Option<Self> {
        let anchor = visitor.anchor;
        let seat = shared.registry.enter(visitor, &shared.limits)?;
        shared.meters.sockets.increment(1);
        Some(Self { shared: Arc::clone(shared), anchor, seat })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.meters.sockets.decrement(1);
        self.shared.registry.leave(&self.anchor, &self.seat);
    }
}
