//! Who follows a conversation: what is stored, then what happens, without loss or repeat, wherever it is written.
//!
//! A reader takes from the room of its conversation while the writer is in this process. Else it listens to the bus,
//! and whatever does not join up with the last number that it gave out it reads from the store.

use std::{
    future::{Future, pending},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use agentcy_bus::{Event, Subscription};
use agentcy_core::{
    By,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Platform, Result};
use futures_util::{StreamExt, future::BoxFuture};
use tokio::time::{Instant, Sleep, sleep};

use super::{
    Until,
    entry::Entry,
    hub::{self, Hub, Seat},
    message::Message,
    room::Look,
    stored,
};

/// How often the store is asked while the bus says nothing.
const POLL: Duration = Duration::from_millis(500);
/// How often it is asked at least, and others are told that somebody listens.
const RENEW: Duration = Duration::from_secs(5);
/// How often the writer is asked to tell again what is not stored.
const AGAIN: Duration = Duration::from_millis(100);

/// A position in a log, which moves on.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Reader {
    hub: Hub,
    platform: Platform,
    by: By,
    conversation: ConversationId,
    until: Until,
    seat: Seat,
    /// Its place in the line of the room.
    number: u64,
    /// The last number that was given out.
    at: i64,
    /// Under which claim that was written.
    claim: Option<(RunId, i64)>,
    line: Line,
    /// Whether the store is to be asked before waiting.
    is_unsure: bool,
    /// Whether the writer is to be asked to tell again.
    has_gap: bool,
    asked: Option<Instant>,
    /// When something was last given out.
    given: Instant,
    /// How long nothing may come before the store is asked.
    pace: Duration,
    beat: Pin<Box<Sleep>>,
    is_over: bool,
    /// Whether the conversation is no more.
    is_gone: bool,
}

/// The way to writers elsewhere.
enum Line {
    Down,
    Joining(BoxFuture<'static, agentcy_bus::Result<Subscription>>),
    Up(Subscription),
}

/// What came that way.
enum Heard {
    Joined(Subscription),
    Message(Message),
    Gap,
    Down,
}

impl Reader {
    pub(crate) fn new(
        hub: &Hub,
        platform: &Platform,
        by: By,
        conversation: ConversationId,
        after: i64,
        until: Until,
    ) -> Self {
        hub.readers().increment(1);
        Self {
            hub: hub.clone(),
            platform: platform.clone(),
            by,
            conversation,
            until,
            seat: hub.enter(conversation),
            number: hub.token(),
            at: after,
            claim: None,
            line: Line::Down,
            is_unsure: true,
            has_gap: false,
            asked: None,
            given: Instant::now(),
            pace: POLL,
            beat: Box::pin(sleep(POLL)),
            is_over: false,
            is_gone: false,
        }
    }

    /// Whether it has ended because the conversation is no more.
    pub(crate) const fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Leaves the line: what is shown from now on does not wake it.
    pub(super) fn leave_line(&self) {
        self.seat.room.leave(self.number);
    }

    /// What is next while the writer is in this process: one look, and nothing else to wait for.
    pub(super) fn poll_live(&mut self, cx: &mut Context<'_>) -> Poll<Live> {
        loop {
            if self.is_over || self.hub.is_stopping() {
                return Poll::Ready(Live::Over);
            }
            match self.seat.room.look_or_wait(self.at, self.number, cx.waker()) {
                Look::Entries(entries, waited) => {
                    self.hub.lag().record(waited);
                    if let Some(entries) = self.give(entries) {
                        return Poll::Ready(Live::Entries(entries));
                    }
                }
                Look::Nothing { is_live: true } => {
                    // Once the writer has gone, only the store knows how it goes on.
                    (self.is_unsure, self.line) = (true, Line::Down);
                    self.arm(RENEW);
                    // The beat finds a writer that fell silent; a stop may have come before the place in line.
                    if self.beat.as_mut().poll(cx).is_pending() && !self.hub.is_stopping() {
                        return Poll::Pending;
                    }
                }
                Look::Behind(_) | Look::Nothing { is_live: false } => {
                    return Poll::Ready(Live::Elsewhere);
                }
            }
        }
    }

    /// Everything that is there next; none when the stream is over.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Entry>>> {
        let room = Arc::clone(&self.seat.room);
        loop {
            // Listens before it looks, so that nothing falls in between.
            let mut changed = pin!(room.changed.notified());
            changed.as_mut().enable();
            if self.is_over || self.hub.is_stopping() {
                return Ok(None);
            }
            let is_live = match room.look(self.at) {
                Look::Entries(entries, waited) => {
                    self.hub.lag().record(waited);
                    if let Some(entries) = self.give(entries) {
                        return Ok(Some(entries));
                    }
                    continue;
                }
                Look::Behind(before) => {
                    if let Some(entries) = self.catch_up(before).await? {
                        return Ok(Some(entries));
                    }
                    continue;
                }
                Look::Nothing { is_live } => is_live,
            };
            if is_live {
                // Once the writer has gone, only the store knows how it goes on.
                (self.is_unsure, self.line) = (true, Line::Down);
            } else if self.is_unsure {
                if let Some(entries) = self.consult().await? {
                    return Ok(Some(entries));
                }
                continue;
            }
            self.arm(if is_live { RENEW } else { self.pace });
            let heard = tokio::select! {
                biased;
                () = changed => continue,
                heard = listen(&mut self.line), if !is_live => heard,
                () = self.beat.as_mut() => {
                    if !is_live {
                        self.tick().await;
                    }
                    continue;
                }
            };
            if let Some(entries) = self.hear(heard) {
                return Ok(Some(entries));
            }
        }
    }

    /// Moves on, and leaves out what was not asked for.
    fn give(&mut self, mut entries: Vec<Entry>) -> Option<Vec<Entry>> {
        self.at = entries.last().map_or(self.at, Entry::seq);
        (self.given, self.pace) = (Instant::now(), POLL);
        match self.until.run() {
            Some(run) => {
                let is_answer = matches!(self.until, Until::Answer(_));
                entries.retain(|entry| entry.run() == run && !(is_answer && entry.is_question()));
                if let Some(end) = entries.iter().position(Entry::is_terminal) {
                    entries.truncate(end + 1);
                    self.is_over = true;
                }
            }
            None => self.is_unsure |= entries.iter().any(Entry::is_terminal),
        }
        (!entries.is_empty()).then_some(entries)
    }

    /// Reads what has gone from the room.
    async fn catch_up(&mut self, before: i64) -> Result<Option<Vec<Entry>>> {
        let from = self.at;
        match self.read_store().await {
            // Up to there everything is stored, and that is nothing.
            Ok(None) if self.at == from => {
                self.at = before;
                Ok(None)
            }
            Err(error) if stored::is_outage(&error) => {
                sleep(POLL).await;
                Ok(None)
            }
            read => read,
        }
    }

    /// Asks the store how far the log goes and whether it will go on.
    async fn consult(&mut self) -> Result<Option<Vec<Entry>>> {
        let asked = self.ask_store().await;
        if let Err(error) = &asked
            && stored::is_outage(error)
        {
            tracing::debug!(error = %error, "a reader of a log waits for the store");
            self.is_unsure = false;
            return Ok(None);
        }
        if matches!(self.line, Line::Down) {
            let (bus, org) = (self.hub.bus().clone(), self.by.org_id());
            let channel = hub::channel(org, self.conversation);
            self.line = Line::Joining(Box::pin(async move { bus.subscribe(&channel).await }));
        }
        asked
    }

    async fn ask_store(&mut self) -> Result<Option<Vec<Entry>>> {
        let Some(tip) = stored::tip(&self.platform, &self.by, self.conversation).await? else {
            (self.is_over, self.is_gone) = (true, true);
            return Ok(None);
        };
        if tip.last_seq > self.at {
            return self.read_store().await;
        }
        self.is_unsure = false;
        self.is_over = match (tip.active_run, self.until.run()) {
            (None, _) => true,
            (Some(active), Some(run)) if active != run => {
                stored::is_over(&self.platform, &self.by, run).await?
            }
            _ => false,
        };
        Ok(None)
    }

    async fn read_store(&mut self) -> Result<Option<Vec<Entry>>> {
        let found = stored::after(&self.platform, &self.by, self.conversation, self.at).await?;
        let Some((entries, claim)) = found else {
            self.is_unsure = false;
            return Ok(None);
        };
        self.claim = Some(claim);
        Ok(self.give(entries))
    }

    fn hear(&mut self, heard: Heard) -> Option<Vec<Entry>> {
        match heard {
            Heard::Message(message) => self.judge(&message),
            Heard::Joined(subscription) => {
                self.line = Line::Up(subscription);
                self.miss()
            }
            Heard::Gap => self.miss(),
            Heard::Down => {
                self.line = Line::Down;
                None
            }
        }
    }

    /// Takes what joins up with the last number that was given out.
    fn judge(&mut self, message: &Message) -> Option<Vec<Entry>> {
        let is_stale =
            self.claim.is_some_and(|(run, fence)| run == message.run && message.fence < fence);
        if is_stale || message.last <= self.at {
            return None;
        }
        let entries = message.entries().filter(|entries| !entries.is_empty());
        let Some(mut entries) = entries.filter(|_| message.before <= self.at) else {
            return self.miss();
        };
        self.claim = Some((message.run, message.fence));
        entries.retain(|entry| entry.seq() > self.at);
        self.give(entries)
    }

    /// Notes that something is missing, and sees to it soon.
    fn miss(&mut self) -> Option<Vec<Entry>> {
        let now = Instant::now();
        let soon = self.asked.map_or(now, |asked| now.max(asked + AGAIN));
        if !self.has_gap || self.beat.deadline() > soon {
            self.beat.as_mut().reset(soon);
        }
        self.has_gap = true;
        None
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        if self.has_gap || self.asked.is_none_or(|asked| now >= asked + RENEW) {
            if matches!(self.line, Line::Up(_)) {
                self.hub.ask(self.conversation, self.has_gap).await;
                (self.asked, self.has_gap) = (Some(now), false);
            }
        } else if now < self.given + self.pace {
            return;
        }
        self.is_unsure = true;
        // A bus that is up and silent has nothing to tell, most likely.
        self.pace = match self.line {
            Line::Up(_) => RENEW.min(self.pace * 2),
            _ => POLL,
        };
    }

    /// Sees to it that the beat comes after this long at the latest.
    fn arm(&mut self, at_most: Duration) {
        let due = Instant::now() + at_most;
        if self.beat.is_elapsed() || self.beat.deadline() > due {
            self.beat.as_mut().reset(due);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.seat.room.leave(self.number);
        self.hub.readers().decrement(1);
    }
}

/// What a look into the room came to.
pub(super) enum Live {
    Entries(Vec<Entry>),
    Over,
    /// It does not go on from here: the store or another process knows how.
    Elsewhere,
}

async fn listen(line: &mut Line) -> Heard {
    match line {
        Line::Down => pending().await,
        Line::Joining(joining) => match joining.await {
            Ok(subscription) => Heard::Joined(subscription),
            Err(error) => {
                tracing::debug!(error = %error, "a reader of a log does without the bus");
                Heard::Down
            }
        },
        Line::Up(subscription) => match subscription.next().await {
            Some(Event::Message(bytes)) => {
                Message::decode(&bytes).map_or(Heard::Gap, Heard::Message)
            }
            Some(Event::Gap) => Heard::Gap,
            None => Heard::Down,
        },
    }
}
