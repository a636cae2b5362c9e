//! Who writes and who reads in this process, and what other processes want to hear.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use agentcy_bus::{Bus, Event, Key, Scope};
use agentcy_core::id::{ConversationId, OrgId};
use agentcy_platform::lifecycle::Lifecycle;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{pump, room::Room};

/// How long a reader elsewhere is sent what is written, unless it asks again.
const WANTED: Duration = Duration::from_secs(15);
/// How many conversations that others want are remembered.
const REMEMBERED: usize = 10_000;
/// When the bus is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long asking may take.
const ASKING: Duration = Duration::from_millis(500);

/// The logs that are being written and read here. Cheap to clone; one a process.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    bus: Bus,
    replica: Uuid,
    lifecycle: Lifecycle,
    rooms: Mutex<Rooms>,
    tokens: AtomicU64,
    is_stopping: AtomicBool,
    readers: metrics::Gauge,
    lag: metrics::Histogram,
}

#[derive(Default)]
struct Rooms {
    open: HashMap<ConversationId, (Arc<Room>, usize)>,
    wanted: HashMap<ConversationId, Instant>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hub({})", self.inner.replica)
    }
}

impl Hub {
    /// A hub of this process, which `replica` tells from others. Must be called inside a Tokio runtime.
    pub fn new(bus: &Bus, replica: Uuid, lifecycle: &Lifecycle) -> Self {
        let hub = Self {
            inner: Arc::new(Inner {
                bus: bus.clone(),
                replica,
                lifecycle: lifecycle.clone(),
                rooms: Mutex::default(),
                tokens: AtomicU64::new(0),
                is_stopping: AtomicBool::new(lifecycle.is_stopping()),
                readers: metrics::gauge!("agentcy_chat_readers"),
                lag: metrics::histogram!("agentcy_chat_reader_lag_seconds"),
            }),
        };
        let (ends, listens) = (hub.clone(), hub.clone());
        // Runs that finish while the server stops still have readers elsewhere, so these outlive a soft stop.
        lifecycle.spawn_beyond(async move {
            ends.inner.lifecycle.stopping().await;
            ends.end_readers();
        });
        let hard = lifecycle.hard_token().clone();
        lifecycle.spawn_beyond(async move {
            hard.run_until_cancelled(listens.listen()).await;
        });
        hub
    }

    /// A place in the room of a conversation.
    pub(crate) fn enter(&self, conversation: ConversationId) -> Seat {
        let mut rooms = self.rooms();
        let (room, seats) = rooms.open.entry(conversation).or_default();
        *seats += 1;
        Seat { hub: self.clone(), conversation, room: Arc::clone(room) }
    }

    /// A number that no other writer of this process has.
    pub(crate) fn token(&self) -> u64 {
        self.inner.tokens.fetch_add(1, Ordering::Relaxed)
    }

    /// Until when somebody elsewhere wants to hear of a conversation.
    pub(crate) fn wanted(&self, conversation: ConversationId) -> Option<Instant> {
        self.rooms().wanted.get(&conversation).copied().filter(|until| *until > Instant::now())
    }

    /// Asks whoever writes the conversation elsewhere to tell; `anew`: also what it told already and did not store.
    pub(crate) async fn ask(&self, conversation: ConversationId, anew: bool) {
        let want = Want { replica: self.inner.replica, conversation, anew };
        let asked = timeout(ASKING, self.inner.bus.publish(&wants(), want.encode())).await;
        if !matches!(asked, Ok(Ok(()))) {
            tracing::debug!(conversation.id = %conversation, "nobody could be asked for a log");
        }
    }

    /// Starts sending what is written in a room.
    pub(crate) fn pump(&self, org: OrgId, conversation: ConversationId) {
        let seat = self.enter(conversation);
        let bus = self.inner.bus.clone();
        self.inner.lifecycle.spawn(pump::run(bus, channel(org, conversation), seat));
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.inner.is_stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn readers(&self) -> &metrics::Gauge {
        &self.inner.readers
    }

    pub(crate) fn lag(&self) -> &metrics::Histogram {
        &self.inner.lag
    }

    fn end_readers(&self) {
        self.inner.is_stopping.store(true, Ordering::Relaxed);
        let rooms: Vec<Arc<Room>> =
            self.rooms().open.values().map(|(room, _)| Arc::clone(room)).collect();
        for room in rooms {
            room.changed.notify_waiters();
        }
    }

    async fn listen(&self) {
        loop {
            match self.inner.bus.subscribe(&wants()).await {
                Ok(mut heard) => {
                    while let Some(event) = heard.next().await {
                        if let Event::Message(bytes) = event
                            && let Some(want) = Want::decode(&bytes)
                        {
                            self.heard(&want);
                        }
                    }
                }
                Err(error) => tracing::debug!(error = %error, "readers elsewhere are not heard"),
            }
            sleep(RETRY).await;
        }
    }

    fn heard(&self, want: &Want) {
        if want.replica == self.inner.replica {
            return;
        }
        let now = Instant::now();
        let until = now + WANTED;
        let mut rooms = self.rooms();
        if rooms.wanted.len() >= REMEMBERED {
            rooms.wanted.retain(|_, until| *until > now);
        }
        // One who is not remembered asks again.
        if rooms.wanted.len() < REMEMBERED {
            rooms.wanted.insert(want.conversation, until);
        }
        let room = rooms.open.get(&want.conversation).map(|(room, _)| Arc::clone(room));
        drop(rooms);
        if let Some(org) = room.and_then(|room| room.want(until, want.anew)) {
            self.pump(org, want.conversation);
        }
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.inner.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the events of a conversation are told.
pub(crate) fn channel(org: OrgId, conversation: ConversationId) -> Key {
    Key::new(org, format!("chat:{conversation}"))
}

fn wants() -> Key {
    Key::new(Scope::Global, "chat:wanted")
}

/// A place in a room; the last one to leave takes the room along.
pub(crate) struct Seat {
    hub: Hub,
    conversation: ConversationId,
    pub(crate) room: Arc<Room>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.hub.rooms();
        if let Some((_, seats)) = rooms.open.get_mut(&self.conversation) {
            *seats -= 1;
            if *seats == 0 {
                rooms.open.remove(&self.conversation);
            }
        }
    }
}

/// A reader of another process.
struct Want {
    replica: Uuid,
    conversation: ConversationId,
    anew: bool,
}

impl Want {
    fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(33);
        bytes.extend_from_slice(self.replica.as_bytes());
        bytes.extend_from_slice(Uuid::from(self.conversation).as_bytes());
        bytes.push(u8::from(self.anew));
        bytes.into()
    }

    fn decode(bytes: &Bytes) -> Option<Self> {
        let replica = Uuid::from_slice(bytes.get(..16)?).ok()?;
        let conversation = Uuid::from_slice(bytes.get(16..32)?).ok()?.into();
        Some(Self { replica, conversation, anew: *bytes.get(32)? == 1 })
    }
}
