//! A bus of either engine, and how to let time pass on it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use agentcy_bus::{Bus, Event, Key, Scope, Subscription};
use agentcy_core::{Clock, Entropy, Timestamp, clock::SystemEntropy};
use futures_util::StreamExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A clock that moves when it is told to, in microseconds.
#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A bus under test.
pub(crate) struct Setup {
    pub(crate) bus: Bus,
    pub(crate) stop: CancellationToken,
    clock: Option<Arc<HandClock>>,
}

impl Setup {
    pub(crate) fn in_process() -> Self {
        let (clock, stop) = (Arc::new(HandClock::default()), CancellationToken::new());
        let bus = Bus::in_process(clock.clone(), Arc::new(SystemEntropy), stop.clone());
        Self { bus, stop, clock: Some(clock) }
    }

    pub(crate) fn redis(url: &str, prefix: &str) -> Self {
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let bus = Bus::redis(url, prefix, Arc::new(SystemEntropy), &tasks, stop.clone()).unwrap();
        Self { bus, stop, clock: None }
    }

    /// Lets time pass, by hand or by waiting.
    pub(crate) async fn pass(&self, time: Duration) {
        match &self.clock {
            Some(clock) => {
                clock.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
            }
            None => tokio::time::sleep(time).await,
        }
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The Redis that the tests may use.
pub(crate) fn url() -> String {
    std::env::var("AGENTCY_TEST_REDIS").expect("AGENTCY_TEST_REDIS names a Redis")
}

/// A prefix of its own for each test.
pub(crate) fn prefix() -> String {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    format!("test-{:016x}", u64::from_be_bytes(bytes))
}

pub(crate) fn key(name: &str) -> Key {
    Key::new(Scope::Global, name)
}

/// The next thing a subscriber hears; not hearing anything is a failure, not a hang.
pub(crate) async fn next(heard: &mut Subscription) -> Option<Event> {
    tokio::time::timeout(Duration::from_secs(5), heard.next()).await.expect("something is heard")
}
