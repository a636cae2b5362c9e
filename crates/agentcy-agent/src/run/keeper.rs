//! Who holds which runs here: takes up what is due, keeps what is held, gives everything back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agentcy_core::id::RunId;
use agentcy_platform::{Result, wake::Bell};
use agentcy_store::{
    runs::Hold,
    system::runs::{self as store, Claimed},
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{LEASE, MARGIN, resume};
use crate::Runs;

/// How many runs one process works on at once; more wait for room.
pub const AT_ONCE: usize = 256;
/// How often held runs are kept, and a wish to stop them is heard of at the latest.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// How often runs are looked for that nobody rang for.
pub const POLL: Duration = Duration::from_secs(1);

/// Why a run must not go on here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// Somebody asked.
    Cancelled,
    /// It is somebody else's by now.
    Lost,
    /// The process stops; another goes on.
    Draining,
}

/// What a run is told while it goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signal {
    pub(crate) halt: Option<Halt>,
    /// Until when it is held, by the clock of this process.
    pub(crate) held_until: Instant,
}

/// The runs that this process holds.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    held: Mutex<HashMap<RunId, Held>>,
    ended: Notify,
}

struct Held {
    hold: Hold,
    /// Whether its claim is durable, so that a beat finds it.
    claimed: bool,
    signal: watch::Sender<Signal>,
}

/// The place of a run among those that are held; it is free again when this is dropped.
pub(crate) struct Seat {
    inner: Arc<Inner>,
    hold: Hold,
    signal: watch::Receiver<Signal>,
}

impl Seat {
    pub(crate) const fn hold(&self) -> Hold {
        self.hold
    }

    /// To be called once the claim is durable.
    pub(crate) fn is_claimed(&self) {
        if let Some(held) = self.inner.held().get_mut(&self.hold.id) {
            held.claimed = true;
        }
    }

    pub(crate) fn signal(&self) -> Signal {
        *self.signal.borrow()
    }

    /// To listen with, beside whatever else is waited for.
    pub(crate) fn listener(&self) -> Listener {
        Listener(self.signal.clone())
    }
}

/// Hears that a run must stop.
#[derive(Clone)]
pub(crate) struct Listener(watch::Receiver<Signal>);

impl Listener {
    pub(crate) fn is_halted(&self) -> bool {
        self.0.borrow().halt.is_some()
    }

    /// Returns once the run must not go on.
    pub(crate) async fn halted(&mut self) {
        // Without a sender nobody keeps the run any more, which its lease will tell.
        if self.0.wait_for(|signal| signal.halt.is_some()).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.inner.held();
        // A run that was lost may have come back to us under a new fence.
        if held.get(&self.hold.id).is_some_and(|one| one.hold == self.hold) {
            held.remove(&self.hold.id);
        }
        drop(held);
        self.inner.ended.notify_one();
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, HashMap<RunId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// A place for a run, if there is room for one more. A beat keeps it once its claim is durable.
    pub(crate) fn seat(&self, hold: Hold, claimed: bool) -> Option<Seat> {
        let mut all = self.inner.held();
        if all.len() >= AT_ONCE {
            return None;
        }
        let held_until = Instant::now() + LEASE - MARGIN;
        let (sender, signal) = watch::channel(Signal { halt: None, held_until });
        all.insert(hold.id, Held { hold, claimed, signal: sender });
        Some(Seat { inner: Arc::clone(&self.inner), hold, signal })
    }

    /// Tells a run that is held here to stop, if it is.
    pub(crate) fn halt(&self, run: RunId, why: Halt) {
        if let Some(held) = self.inner.held().get(&run) {
            held.halt(why);
        }
    }

    fn holds(&self) -> Vec<Hold> {
        self.inner.held().values().filter(|held| held.claimed).map(|held| held.hold).collect()
    }
}

impl Held {
    /// The first reason stays.
    fn halt(&self, why: Halt) {
        self.signal.send_if_modified(|signal| {
            let first = signal.halt.is_none();
            signal.halt.get_or_insert(why);
            first
        });
    }

    fn keep(&self, held_until: Instant) {
        self.signal.send_modify(|signal| signal.held_until = signal.held_until.max(held_until));
    }
}

impl Runs {
    /// Takes up what waits, what is due, and what nobody holds any more, as much as there is room for.
    pub async fn claim(&self) -> Result<usize> {
        let room = AT_ONCE.saturating_sub(self.keeper.inner.held().len());
        if room == 0 || self.lifecycle.is_stopping() {
            return Ok(0);
        }
        let now = self.platform.now();
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let mut tx = self.platform.system_tx().await?;
        let claimed = store::claim(&mut tx, &self.holder, most, now, now + LEASE).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        tx.commit().await?;
        let count = claimed.len();
        for claimed in claimed {
            self.take_up(claimed);
        }
        Ok(count)
    }

    fn take_up(&self, claimed: Claimed) {
        // Without a seat the claim runs out, and the run is taken up once there is room.
        let Some(seat) = self.keeper.seat(claimed.hold, true) else { return };
        self.lifecycle.spawn(resume::resume(self.clone(), claimed, seat));
    }

    /// Keeps what is held, and stops what was cancelled or lost.
    pub async fn beat(&self) -> Result<()> {
        let holds = self.keeper.holds();
        if holds.is_empty() {
            return Ok(());
        }
        let held_until = Instant::now() + LEASE - MARGIN;
        let mut tx = self.platform.system_tx().await?;
        let beats = store::heartbeat(&mut tx, &holds, self.platform.now() + LEASE).await?;
        tx.commit().await?;
        let kept: HashMap<RunId, bool> =
            beats.into_iter().map(|beat| (beat.id, beat.cancel)).collect();
        let held = self.keeper.inner.held();
        // Only those that were asked about: others may have begun meanwhile.
        let asked =
            holds.iter().filter_map(|hold| held.get(&hold.id).filter(|one| one.hold == *hold));
        for one in asked {
            match kept.get(&one.hold.id) {
                Some(cancel) => {
                    one.keep(held_until);
                    if *cancel {
                        one.halt(Halt::Cancelled);
                    }
                }
                None => one.halt(Halt::Lost),
            }
        }
        Ok(())
    }

    /// Gives everything back, so that another process goes on at once, and waits until that is done.
    pub async fn drain(&self) {
        for held in self.keeper.inner.held().values() {
            held.halt(Halt::Draining);
        }
        self.idle().await;
        self.platform.ring(Bell::Runs).await;
    }

    /// Whether there is no room for another.
    pub fn is_full(&self) -> bool {
        self.keeper.inner.held().len() >= AT_ONCE
    }

    /// Whether nothing is held.
    pub fn is_idle(&self) -> bool {
        self.keeper.inner.held().is_empty()
    }

    /// Done once nothing is held.
    pub async fn idle(&self) {
        while !self.is_idle() {
            self.ended().await;
        }
    }

    /// Done once a run has ended or parked, so that there is room for another.
    pub async fn ended(&self) {
        self.keeper.inner.ended.notified().await;
    }
}
