//! What every socket of a process shares.

use std::{fmt, sync::Arc, time::Duration};

use agentcy_agent::Runs;
use agentcy_platform::{Platform, lifecycle::Lifecycle};
use metrics::{Counter, Gauge, Histogram};
use tokio::sync::Semaphore;

use crate::{feeds::Feeds, keeper, registry::Registry};

/// How many read the store at once to catch up.
const READERS: usize = 4;
/// How many that were refused are being told so.
const REFUSED: usize = 256;

/// What holds for sockets.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many there are at most.
    pub sockets: usize,
    /// How many one person or key has at most.
    pub of_principal: usize,
    /// How many topics one follows.
    pub topics: usize,
    /// How many of them are runs and conversations.
    pub tails: usize,
    /// How many frames a client may send in ten seconds.
    pub frames: u32,
    /// How many events a socket may be behind that was not before.
    pub behind: i64,
    /// How long a client may take for what is sent at once.
    pub stall: Duration,
    /// How often a silent client is asked whether it is there; the second time unanswered, it is not.
    pub beat: Duration,
    /// How long a client may take to say goodbye.
    pub closing: Duration,
    /// How often it is looked whether those who watch still may.
    pub look: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 20_000,
            of_principal: 1_000,
            topics: 64,
            tails: 16,
            frames: 100,
            behind: 10_000,
            stall: Duration::from_secs(10),
            beat: Duration::from_secs(25),
            closing: Duration::from_secs(5),
            look: Duration::from_millis(700),
        }
    }
}

/// The sockets of this process. Cheap to clone.
#[derive(Clone)]
pub struct Sockets {
    pub(crate) shared: Arc<Shared>,
}

/// What a [`Sockets`] is made of.
pub(crate) struct Shared {
    pub(crate) platform: Platform,
    pub(crate) runs: Runs,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) limits: Limits,
    pub(crate) registry: Registry,
    pub(crate) feeds: Feeds,
    pub(crate) reads: Semaphore,
    pub(crate) refused: Arc<Semaphore>,
    pub(crate) meters: Meters,
}

/// What is counted; the handles are made once.
pub(crate) struct Meters {
    pub(crate) sockets: Gauge,
    pub(crate) subscriptions: Gauge,
    pub(crate) events: Counter,
    /// From the moment a feed read an event to the moment it was on its way to a client.
    pub(crate) delivery: Histogram,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sockets")
    }
}

impl Sockets {
    /// The sockets of a process. Must be called inside a Tokio runtime.
    pub fn new(platform: &Platform, runs: &Runs, lifecycle: &Lifecycle) -> Self {
        Self::with_limits(platform, runs, lifecycle, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(
        platform: &Platform,
        runs: &Runs,
        lifecycle: &Lifecycle,
        limits: Limits,
    ) -> Self {
        let meters = Meters {
            sockets: metrics::gauge!("agentcy_ws_sockets"),
            subscriptions: metrics::gauge!("agentcy_ws_subscriptions"),
            events: metrics::counter!("agentcy_ws_events_total"),
            delivery: metrics::histogram!("agentcy_ws_delivery_seconds"),
        };
        let shared = Arc::new(Shared {
            platform: platform.clone(),
            runs: runs.clone(),
            lifecycle: lifecycle.clone(),
            limits,
            registry: Registry::default(),
            feeds: Feeds::default(),
            reads: Semaphore::new(READERS),
            refused: Arc::new(Semaphore::new(REFUSED)),
            meters,
        });
        lifecycle.spawn(keeper::run(Arc::clone(&shared)));
        Self { shared }
    }
}
