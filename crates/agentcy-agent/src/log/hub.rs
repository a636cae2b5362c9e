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
use tokio::time::{Instant, error::Elapsed, sleep, timeout};
use uuid::Uuid;

use super::{pump, room::Room, writer::Place};

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
        let matter = if anew { Matter::Again } else { Matter::Wanted };
        let asked = self.tell(conversation, matter).await;
        if !matches!(asked, Ok(Ok(()))) {
            tracing::debug!(conversation.id = %conversation, "nobody could be asked for a log");
        }
    }

    async fn tell(
        &self,
        conversation: ConversationId,
        matter: Matter,
    ) -> Result<agentcy_bus::Result<()>, Elapsed> {
        let word = Word { replica: self.inner.replica, conversation, matter };
        timeout(ASKING, self.inner.bus.publish(&wants(), word.encode())).await
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
            room.wake();
        }
    }

    async fn listen(&self) {
        loop {
            match self.inner.bus.subscribe(&wants()).await {
                Ok(mut heard) => {
                    while let Some(event) = heard.next().await {
                        if let Event::Message(bytes) = event
                            && let Some(word) = Word::decode(&bytes)
                        {
                            self.heard(&word);
                        }
                    }
                }
                Err(error) => tracing::debug!(error = %error, "readers elsewhere are not heard"),
            }
            sleep(RETRY).await;
        }
    }

    fn heard(&self, word: &Word) {
        if word.replica == self.inner.replica {
            return;
        }
        if word.matter == Matter::Begun {
            let room = self.rooms().open.get(&word.conversation).map(|(room, _)| Arc::clone(room));
            if let Some(room) = room {
                room.changed.notify_waiters();
            }
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
            rooms.wanted.insert(word.conversation, until);
        }
        let room = rooms.open.get(&word.conversation).map(|(room, _)| Arc::clone(room));
        drop(rooms);
        if let Some(org) = room.and_then(|room| room.want(until, word.matter == Matter::Again)) {
            self.pump(org, word.conversation);
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

impl Seat {
    /// A writer takes the room, where everything up to this number is stored.
    pub(super) fn open(&self, token: u64, place: Place, committed: i64, held_until: Instant) {
        let wanted = self.hub.wanted(place.conversation);
        if self.room.open(token, place, committed, held_until, wanted) {
            self.hub.pump(place.org, place.conversation);
        }
    }

    /// Wakes those elsewhere who follow the conversation although nothing was said for a while: now something is stored.
    /// Those here see it in the room.
    pub(crate) fn begun(&self) {
        let (hub, conversation) = (self.hub.clone(), self.conversation);
        self.hub.inner.lifecycle.spawn(async move {
            // Whoever is not woken looks by itself.
            drop(hub.tell(conversation, Matter::Begun).await);
        });
    }
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

/// What a process tells the others of a conversation.
struct Word {
    replica: Uuid,
    conversation: ConversationId,
    matter: Matter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// Somebody here listens.
    Wanted,
    /// The same, and may have missed something.
    Again,
    /// Something is said here, after a silence perhaps.
    Begun,
}

impl Word {
    fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(33);
        bytes.extend_from_slice(self.replica.as_bytes());
        bytes.extend_from_slice(Uuid::from(self.conversation).as_bytes());
        bytes.push(match self.matter {
            Matter::Wanted => 0,
            Matter::Again => 1,
            Matter::Begun => 2,
        });
        bytes.into()
    }

    fn decode(bytes: &Bytes) -> Option<Self> {
        let replica = Uuid::from_slice(bytes.get(..16)?).ok()?;
        let conversation = Uuid::from_slice(bytes.get(16..32)?).ok()?.into();
        let matter = match bytes.get(32)? {
            0 => Matter::Wanted,
            1 => Matter::Again,
            2 => Matter::Begun,
            _ => return None,
        };
        Some(Self { replica, conversation, matter })
    }
}
