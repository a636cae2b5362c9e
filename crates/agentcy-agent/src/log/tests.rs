//! The log on a real PostgreSQL: writers and readers of one process and of several.

mod burst;
mod crash;
mod history;
mod on_redis;
mod replicas;
mod resume;

use std::{sync::Arc, time::Duration};

use agentcy_bus::Bus;
use agentcy_core::{
    By, Clock,
    chat::{FinishReason, LogEvent, RunState, Usage},
    clock::{SystemClock, SystemEntropy},
    id::{ConversationId, MessageId, OrgId, RunId, UserId},
};
use agentcy_platform::lifecycle::Lifecycle;
use agentcy_store::{
    conversations::{self, Conversation},
    runs::{self, Ending, Hold, NewRun, Progress, Start},
    system,
};
use agentcy_testkit::platform::TestPlatform;
use futures_util::StreamExt;
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Entry, Hub, Place, Position, Tail, Until, Writer, attend};

/// How long a lease lasts in tests.
const LEASE: Duration = Duration::from_secs(30);
/// Longer than anything here takes; who waits for it has failed.
const FOREVER: Duration = Duration::from_secs(30);

/// An org with one conversation, and the first process that works on it.
struct Stage {
    platform: TestPlatform,
    org: OrgId,
    by: By,
    starter: String,
    conversation: ConversationId,
    bus: Bus,
    lifecycle: Lifecycle,
    hub: Hub,
}

impl Stage {
    async fn new() -> Self {
        Self::over(bus()).await
    }

    async fn over(bus: Bus) -> Self {
        let platform = TestPlatform::new().await;
        let org = platform.org().await;
        let starter = platform.ids.next::<UserId>().to_string();
        let by = platform.platform.run_by(org, &starter, platform.ids.next()).unwrap();
        let lifecycle = Lifecycle::default();
        let hub = hub(&bus, &lifecycle);
        let conversation = platform.ids.next();
        let mut stage = Self { platform, org, by, starter, conversation, bus, lifecycle, hub };
        stage.another_conversation().await;
        stage
    }

    /// From now on works on a fresh conversation.
    async fn another_conversation(&mut self) {
        let now = self.platform.clock.now();
        self.conversation = self.platform.ids.next();
        let new = Conversation {
            id: self.conversation,
            owner: None,
            task_id: None,
            agent_id: None,
            title: "A talk".to_owned(),
            realm: None,
            archived: false,
            last_seq: 0,
            reserved: 0,
            active_run: None,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.platform.platform.begin(&self.by).await.unwrap();
        conversations::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A process of its own over the same stores.
    fn replica(&self) -> Hub {
        hub(&self.bus, &self.lifecycle)
    }

    async fn kept(&self) -> Conversation {
        let mut reader = self.platform.platform.read(&self.by).await.unwrap();
        conversations::find(&mut reader, self.conversation).await.unwrap().unwrap()
    }

    /// Starts a run as a message does, its first events committed with it.
    async fn start(&self, hub: &Hub) -> Writer {
        let (run, message): (RunId, MessageId) =
            (self.platform.ids.next(), self.platform.ids.next());
        let now = self.platform.clock.now();
        let mut tx = self.platform.platform.begin(&self.by).await.unwrap();
        let kept = conversations::lock(&mut tx, self.conversation).await.unwrap().unwrap();
        let new = NewRun {
            id: run,
            conversation_id: self.conversation,
            agent_id: None,
            message_id: message,
            starter: self.starter.clone(),
            limits: agentcy_core::agent::RunLimits::default(),
            system: None,
            task: None,
            at: now,
            start: Start::Held { holder: "a test".to_owned(), lease_until: now + LEASE },
        };
        let hold = runs::insert(&mut tx, &new).await.unwrap();
        conversations::engage(&mut tx, self.conversation, run, "A talk", now).await.unwrap();
        let at = Position::after(kept.last_seq, kept.reserved);
        let mut writer = Writer::new(hub, self.place(hold), at, Instant::now() + LEASE);
        let said = LogEvent::UserMessage { message_id: message, content: "Who owns it?".into() };
        writer.append(&said).unwrap();
        writer.append(&LogEvent::MessageStart { message_id: message, run_id: run }).unwrap();
        writer.flush(&mut tx, now, now + LEASE).await.unwrap();
        tx.commit().await.unwrap();
        writer.flushed(Instant::now() + LEASE);
        writer
    }

    fn place(&self, hold: Hold) -> Place {
        Place { org: self.org, conversation: self.conversation, run: hold.id, fence: hold.fence }
    }

    async fn flush(&self, writer: &mut Writer) {
        let now = self.platform.clock.now();
        let mut tx = self.platform.platform.begin(&self.by).await.unwrap();
        writer.flush(&mut tx, now, now + LEASE).await.unwrap();
        tx.commit().await.unwrap();
        writer.flushed(Instant::now() + LEASE);
    }

    /// Ends a run as it does by itself.
    async fn finish(&self, mut writer: Writer) {
        let now = self.platform.clock.now();
        writer.append(&end(&self.platform)).unwrap();
        let mut tx = self.platform.platform.begin(&self.by).await.unwrap();
        writer.flush(&mut tx, now, now + LEASE).await.unwrap();
        let ending = Ending {
            state: RunState::Succeeded,
            finish_reason: Some(FinishReason::EndTurn),
            error: None,
            output: None,
        };
        let progress = Progress {
            step: 1,
            usage: Usage::default(),
            tainted: false,
            active_ms: 0,
            model: None,
            system: None,
            at: now,
        };
        let place = writer.place;
        let hold = Hold { id: place.run, fence: place.fence };
        runs::finish(&mut tx, hold, &ending, &progress).await.unwrap();
        runs::promote(&mut tx, self.conversation, now).await.unwrap();
        tx.commit().await.unwrap();
        writer.flushed(Instant::now() + LEASE);
    }

    /// Takes up the run whose holder is gone, elsewhere.
    async fn take_over(&self, hub: &Hub) -> Writer {
        self.platform.clock.advance(chrono::TimeDelta::seconds(31));
        let now = self.platform.clock.now();
        let mut tx = self.platform.db.system(&self.platform.system).await.unwrap();
        let claimed = system::runs::claim(&mut tx, "another", 100, now, now + LEASE).await.unwrap();
        tx.commit().await.unwrap();
        let mine = |one: &&system::runs::Claimed| one.conversation_id == self.conversation;
        let claimed = claimed.iter().find(mine).unwrap();
        assert!(claimed.was_lost);
        let kept = self.kept().await;
        let at = Position::after_crash(kept.last_seq, kept.reserved);
        let place = self.place(claimed.hold);
        let mut writer = Writer::new(hub, place, at, Instant::now() + LEASE);
        let (message_id, content) = (self.platform.ids.next(), "What is stored.".to_owned());
        writer.append(&LogEvent::MessageReset { message_id, content }).unwrap();
        self.flush(&mut writer).await;
        writer
    }

    fn follow(&self, hub: &Hub, after: i64, until: Until) -> Tail {
        attend(hub, &self.platform.platform, self.by.clone(), self.conversation, after, until)
    }

    /// Follows in a task of its own until the end.
    fn watch(&self, hub: &Hub, after: i64) -> JoinHandle<Vec<Entry>> {
        let tail = self.follow(hub, after, Until::Quiet);
        #[expect(clippy::disallowed_methods, reason = "the test waits for it")]
        tokio::spawn(all(tail))
    }

    /// Everything that the store has after a number.
    async fn stored(&self, after: i64) -> Vec<Entry> {
        let (mut at, mut entries) = (after, Vec::new());
        let (platform, by) = (&self.platform.platform, &self.by);
        while let Some((more, _)) =
            super::stored::after(platform, by, self.conversation, at).await.unwrap()
        {
            at = more.last().unwrap().seq();
            entries.extend(more);
        }
        entries
    }
}

fn bus() -> Bus {
    Bus::in_process(Arc::new(SystemClock), Arc::new(SystemEntropy), CancellationToken::new())
}

fn hub(bus: &Bus, lifecycle: &Lifecycle) -> Hub {
    let mut id = [0; 16];
    agentcy_core::Entropy::fill(&SystemEntropy, &mut id);
    Hub::new(bus, uuid::Uuid::from_bytes(id), lifecycle)
}

fn delta(text: impl Into<String>) -> LogEvent {
    LogEvent::ContentDelta { delta: text.into() }
}

fn end(platform: &TestPlatform) -> LogEvent {
    let message_id = platform.ids.next();
    let (finish_reason, usage) = (FinishReason::EndTurn, Usage::default());
    LogEvent::MessageEnd { message_id, finish_reason, usage }
}

/// Everything that a follower is given.
async fn all(mut tail: Tail) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(batch) = timeout(FOREVER, tail.next()).await.expect("the tail goes on") {
        entries.extend(batch.unwrap());
    }
    entries
}

/// The next so many entries.
async fn next(tail: &mut Tail, many: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    while entries.len() < many {
        let batch = timeout(FOREVER, tail.next()).await.expect("something comes").unwrap();
        entries.extend(batch.unwrap());
    }
    entries
}

/// What a client would keep of them.
fn seen(entries: &[Entry]) -> Vec<(i64, String, Vec<u8>)> {
    entries.iter().map(|it| (it.seq(), it.name().to_owned(), it.data().to_vec())).collect()
}

fn numbers(entries: &[Entry]) -> Vec<i64> {
    entries.iter().map(Entry::seq).collect()
}
