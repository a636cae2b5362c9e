//! A run that is worked on by whoever shows it: what a model says then wakes one task, not two after each other.
//!
//! It has a task of its own all the same, which goes on as long as nobody lends a hand, when whoever did goes away, and
//! for good when a hand is held out that does not move: a client that reads slowly holds nobody up.

use std::{
    fmt,
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, interval_at};

/// How long a hand may rest while there is something to do; up to twice as long.
const REST: Duration = Duration::from_millis(500);

/// A run that can be worked on from more than one place. Cheap to clone.
#[derive(Clone)]
pub struct Work {
    shared: Arc<Shared>,
}

struct Shared {
    /// None once it is over.
    work: Mutex<Option<BoxFuture<'static, ()>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Rung when there is something to do.
#[derive(Default)]
struct Bell {
    is_due: AtomicBool,
    is_over: AtomicBool,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    task: Option<Waker>,
    hand: Option<Waker>,
    /// How often the hand moved.
    moves: u64,
    /// Whether it is not wanted any more.
    is_slow: bool,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        self.ring();
    }
}

impl Bell {
    /// Wakes whoever has the run.
    fn ring(&self) {
        let places = self.places();
        if let Some(waker) = places.hand.as_ref().or(places.task.as_ref()) {
            waker.wake_by_ref();
        }
    }

    /// There is nothing left to do: the task hears of it.
    fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(task) = &self.places().task {
            task.wake_by_ref();
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Acquire)
    }
}

/// A run that panics in somebody's hand is over as one that panics in its task is.
struct EndsIfItPanics<'a>(&'a Bell);

impl Drop for EndsIfItPanics<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

impl Shared {
    /// Works until there is nothing to do.
    fn turn(&self) {
        if !self.bell.is_due() {
            return;
        }
        // Whoever has it now is rung for when that was too early.
        let Ok(mut work) = self.work.try_lock() else { return };
        if !self.bell.is_due.swap(false, Ordering::AcqRel) {
            return;
        }
        let Some(running) = work.as_mut() else { return };
        let _guard = EndsIfItPanics(&self.bell);
        if running.as_mut().poll(&mut Context::from_waker(&self.waker)).is_ready() {
            *work = None;
            self.bell.end();
            return;
        }
        drop(work);
        // Somebody may have come for it meanwhile and found it taken.
        if self.bell.is_due() {
            self.bell.ring();
        }
    }
}

/// The work, and the task that has it while nobody else does.
pub(crate) fn shared(
    work: impl Future<Output = ()> + Send + 'static,
) -> (Work, impl Future<Output = ()> + Send + 'static) {
    let bell = Arc::new(Bell::default());
    bell.is_due.store(true, Ordering::Release);
    let waker = Waker::from(Arc::clone(&bell));
    let shared = Arc::new(Shared { work: Mutex::new(Some(work.boxed())), bell, waker });
    let work = Work { shared: Arc::clone(&shared) };
    (work, task(shared))
}

fn task(shared: Arc<Shared>) -> impl Future<Output = ()> + Send + 'static {
    let shared = Owned(shared);
    let (mut rest, mut seen) = (None, 0);
    poll_fn(move |cx| {
        loop {
            if shared.0.bell.is_over.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            let mut places = shared.0.bell.places();
            if !places.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                places.task = Some(cx.waker().clone());
            }
            let Some(hand) = &places.hand else {
                drop(places);
                shared.0.turn();
                let is_over = shared.0.bell.is_over.load(Ordering::Acquire);
                return if is_over { Poll::Ready(()) } else { Poll::Pending };
            };
            if shared.0.bell.is_due() {
                hand.wake_by_ref();
            }
            let rest = rest.get_or_insert_with(|| interval_at(Instant::now() + REST, REST));
            if rest.poll_tick(cx).is_pending() {
                return Poll::Pending;
            }
            if places.moves == seen && shared.0.bell.is_due() {
                (places.hand, places.is_slow) = (None, true);
            }
            seen = places.moves;
        }
    })
}

/// The task's own end of it: when the task ends, so does the work.
struct Owned(Arc<Shared>);

impl Drop for Owned {
    fn drop(&mut self) {
        let work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(work);
    }
}

/// Somebody who works on a run while they show it.
pub(crate) struct Hand {
    shared: Arc<Shared>,
}

impl Work {
    /// A hand for it; the last one that is lent counts.
    pub(crate) fn hand(&self) -> Hand {
        Hand { shared: Arc::clone(&self.shared) }
    }
}

impl Hand {
    /// Whether there is something to do.
    pub(crate) fn is_due(&self) -> bool {
        self.shared.bell.is_due()
    }

    /// Does what there is to do, and is woken when there is more.
    pub(crate) fn lend(&self, cx: &Context<'_>) {
        let mut places = self.shared.bell.places();
        if places.is_slow {
            return;
        }
        places.moves += 1;
        match &places.hand {
            Some(hand) if hand.will_wake(cx.waker()) => {}
            Some(_) => places.hand = Some(cx.waker().clone()),
            None => {
                places.hand = Some(cx.waker().clone());
                // From now on it looks after the hand.
                if let Some(task) = &places.task {
                    task.wake_by_ref();
                }
            }
        }
        drop(places);
        self.shared.turn();
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut places = self.shared.bell.places();
        places.hand = None;
        if let Some(task) = &places.task {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
#[path = "hand/tests.rs"]
mod tests;
