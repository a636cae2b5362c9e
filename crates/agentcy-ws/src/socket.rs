//! One socket: what its client says, and what it is told.

use std::{collections::BTreeMap, sync::Arc};

use agentcy_core::ErrorCode;
use agentcy_platform::live;
use axum::extract::ws::{Message, WebSocket};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, sleep};

use crate::{
    answer::Answer,
    feed::{PAGE, Taken},
    frame::ClientFrame,
    registry::Place,
    seat::{Close, Seat},
    state::Shared,
    subscription::{self, Subscription},
    tails::{Happened, Subject, Tails},
    told::Told,
    topic::Topic,
    wire::{Over, Wire},
};

/// In what time the frames of a client are counted.
const WINDOW: Duration = Duration::from_secs(10);
/// How long a socket waits for a store that is away.
const PAUSE: Duration = Duration::from_millis(500);
/// How much of a topic that nobody knows is said back.
const SAID_BACK: usize = 100;

/// Serves a client until one of both closes.
pub(crate) async fn serve(shared: Arc<Shared>, place: Place, socket: WebSocket) {
    let limits = shared.limits;
    let mut session = Session {
        seat: Arc::clone(&place.seat),
        wire: Wire::new(socket, limits.stall, limits.closing),
        subscriptions: Vec::new(),
        tails: Tails::default(),
        window: (Instant::now(), 0),
        shared,
    };
    let over = match session.run().await {
        Ok(never) => match never {},
        Err(over) => over,
    };
    let Session { wire, subscriptions, tails, .. } = session;
    drop((subscriptions, tails));
    wire.close(over).await;
    drop(place);
}

struct Session {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
    wire: Wire,
    subscriptions: Vec<Subscription>,
    tails: Tails,
    /// Since when frames are counted, and how many there were.
    window: (Instant, u32),
}

impl Session {
    async fn run(&mut self) -> Result<std::convert::Infallible, Over> {
        let beat = self.shared.limits.beat;
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        let (seat, shared) = (Arc::clone(&self.seat), Arc::clone(&self.shared));
        // What is rare is boxed, so that a silent socket is small.
        loop {
            tokio::select! {
                biased;
                close = seat.ended() => return Err(Over::Close(close)),
                message = self.wire.receive() => {
                    unanswered = 0;
                    Box::pin(self.hear(message?)).await?;
                }
                () = seat.stirred.notified() => self.look().await?,
                happened = self.tails.next(|| shared.platform.now()), if !self.tails.is_empty() => {
                    Box::pin(self.tell(happened)).await?;
                }
                _ = beats.tick() => {
                    if unanswered == 2 {
                        return Err(Over::Gone);
                    }
                    unanswered += 1;
                    self.wire.send(&seat, vec![Message::Ping(axum::body::Bytes::new())]).await?;
                }
            }
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        if self.window.0.elapsed() >= WINDOW {
            self.window = (Instant::now(), 0);
        }
        self.window.1 += 1;
        if self.window.1 > self.shared.limits.frames {
            let many = Answer::refused(None, None, ErrorCode::RateLimited, "too many frames");
            self.answer(vec![many]).await?;
            return Err(Over::Close(Close::TooMany));
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                let message = "frames are text";
                return self
                    .answer(vec![Answer::refused(None, None, ErrorCode::Invalid, message)])
                    .await;
            }
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Over::Gone),
        };
        match ClientFrame::read(&text) {
            Ok(ClientFrame::Subscribe { id, topics, after }) => {
                self.subscribe(id, topics, &after).await
            }
            Ok(ClientFrame::Unsubscribe { id, topics }) => self.unsubscribe(id, topics).await,
            Ok(ClientFrame::Ping { id }) => self.answer(vec![Answer::Pong { id }]).await,
            Err(error) => {
                let id = ClientFrame::id_of(&text);
                let fault = Answer::refused(id, None, ErrorCode::Invalid, error.to_string());
                self.answer(vec![fault]).await
            }
        }
    }

    async fn subscribe(
        &mut self,
        id: u64,
        asked: Vec<String>,
        after: &BTreeMap<String, i64>,
    ) -> Result<(), Over> {
        let (mut refused, mut resets) = (Vec::new(), Vec::new());
        let (mut topics, mut seq) = (Vec::new(), BTreeMap::new());
        for text in asked {
            if seq.contains_key(&text) {
                continue;
            }
            match self.follow(id, &text, after.get(&text).copied()).await {
                Ok((at, is_reset)) => {
                    if is_reset {
                        resets.push(Answer::Reset { topic: text.clone(), seq: at });
                    }
                    topics.push(text.clone());
                    seq.insert(text, at);
                }
                Err(answer) => refused.push(answer),
            }
        }
        let subscribed = Answer::Subscribed { id, topics, seq };
        self.answer(refused.into_iter().chain([subscribed]).chain(resets).collect()).await
    }

    /// Follows a topic: from where, and whether that is not what was asked for.
    async fn follow(
        &mut self,
        id: u64,
        text: &str,
        after: Option<i64>,
    ) -> Result<(i64, bool), Answer> {
        let Ok(topic) = text.parse::<Topic>() else {
            return Err(Answer::no_topic(Some(id), text.chars().take(SAID_BACK).collect()));
        };
        let present = self.at(text);
        if let (Some(at), None) = (present, after) {
            return Ok((at, false));
        }
        let caller = self.seat.caller();
        let limits = self.shared.limits;
        let tails = self.tails.len();
        let is_tail = matches!(topic, Topic::Run(_) | Topic::Conversation(_));
        if present.is_none()
            && (self.subscriptions.len() + tails >= limits.topics
                || is_tail && tails >= limits.tails)
        {
            let (all, few) = (limits.topics, limits.tails);
            let message = format!(
                "a socket follows at most {all} topics, {few} of them runs or conversations"
            );
            return Err(Answer::refused(
                Some(id),
                Some(text.to_owned()),
                ErrorCode::Invalid,
                message,
            ));
        }
        let failed = |error| Answer::failed(Some(id), text.to_owned(), &error);
        let place = match topic {
            Topic::Channel(channel, realm) => (channel, realm),
            Topic::Run(run) => {
                let (shared, subject) = (&self.shared, Subject::Run(run));
                let made =
                    self.tails.follow(shared, &caller, text.to_owned(), subject, after).await;
                return made.map_err(failed);
            }
            Topic::Conversation(conversation) => {
                let (shared, subject) = (&self.shared, Subject::Conversation(conversation));
                let made =
                    self.tails.follow(shared, &caller, text.to_owned(), subject, after).await;
                return made.map_err(failed);
            }
        };
        let (shared, seat) = (&self.shared, &self.seat);
        let made = subscription::follow(shared, seat, &caller, text.to_owned(), place, after).await;
        let Some(made) = made.map_err(failed)? else {
            return Err(Answer::no_topic(Some(id), text.to_owned()));
        };
        self.subscriptions.retain(|one| one.topic != text);
        self.subscriptions.push(made.subscription);
        Ok((made.at, made.is_reset))
    }

    async fn unsubscribe(&mut self, id: u64, asked: Vec<String>) -> Result<(), Over> {
        let mut topics = Vec::new();
        for text in asked {
            let before = self.subscriptions.len();
            self.subscriptions.retain(|one| one.topic != text);
            if self.subscriptions.len() < before || self.tails.leave(&text) {
                topics.push(text);
            }
        }
        self.answer(vec![Answer::Unsubscribed { id, topics }]).await
    }

    /// Sends what there is of each feed, a little of each at a time.
    async fn look(&mut self) -> Result<(), Over> {
        if self.seat.take_change() {
            Box::pin(self.judge()).await?;
        }
        let mut has_more = false;
        for place in 0..self.subscriptions.len() {
            let one = &mut self.subscriptions[place];
            match one.feed.take(one.name) {
                Taken::Nothing => one.is_returning = false,
                Taken::Events(told, more) => {
                    one.is_returning &= more;
                    has_more |= more;
                    let realm = one.realm.as_ref();
                    let frames = told.iter().map(|told| Message::Text(told.frame(realm))).collect();
                    self.wire.send(&self.seat, frames).await?;
                    self.note(&told);
                }
                Taken::Behind(_, by) if by > self.shared.limits.behind && !one.is_returning => {
                    return Err(Over::Close(Close::Slow));
                }
                Taken::Behind(at, _) => {
                    Box::pin(self.catch_up(place, at)).await?;
                    has_more = true;
                }
            }
        }
        if has_more {
            self.seat.stirred.notify_one();
        }
        Ok(())
    }

    /// Sends the next page of what the feed keeps no more, or says that the store does not either.
    async fn catch_up(&mut self, place: usize, at: i64) -> Result<(), Over> {
        let shared = Arc::clone(&self.shared);
        let one = &self.subscriptions[place];
        let (feed, name, realm) = (Arc::clone(&one.feed), one.name, one.realm.clone());
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let page = {
            let _turn = shared.reads.acquire().await;
            live::after(&shared.platform, feed.by(), feed.channel(), at, limit).await
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::debug!(error = %error, "a socket that is behind waits for the store");
                sleep(PAUSE).await;
                return Ok(());
            }
        };
        let is_whole = (at + 1..).zip(&page).all(|(next, told)| told.seq == next);
        let Some(end) = page.last().map(|told| told.seq).filter(|_| is_whole) else {
            let (topic, seq) = (one.topic.clone(), feed.last());
            feed.move_to(name, seq);
            return self.answer(vec![Answer::Reset { topic, seq }]).await;
        };
        let caller = self.seat.caller();
        let told: Vec<Arc<Told>> = page.into_iter().map(|one| Arc::new(Told::new(one))).collect();
        let mine = told.iter().filter(|told| told.is_for(&caller, feed.channel(), realm.as_ref()));
        let frames = mine.map(|told| Message::Text(told.frame(realm.as_ref()))).collect();
        self.wire.send(&self.seat, frames).await?;
        feed.move_to(name, end);
        Ok(())
    }

    async fn tell(&mut self, happened: Happened) -> Result<(), Over> {
        match happened {
            Happened::Entries(frames) => self.wire.send(&self.seat, frames).await,
            Happened::Broken(topic, error) => {
                self.answer(vec![Answer::failed(None, topic, &error)]).await
            }
        }
    }

    /// Leaves what the caller may see no more.
    async fn judge(&mut self) -> Result<(), Over> {
        let caller = self.seat.caller();
        let mut lost = self.tails.judge(&self.shared, &caller).await;
        self.subscriptions.retain(|one| {
            let stays = one.realm.as_ref().is_none_or(|realm| caller.realms.contains(realm));
            if !stays {
                lost.push(one.topic.clone());
            }
            stays
        });
        self.answer(lost.into_iter().map(|topic| Answer::no_topic(None, topic)).collect()).await
    }

    /// Up to where a topic was told, if it is followed.
    fn at(&self, topic: &str) -> Option<i64> {
        let one = self.subscriptions.iter().find(|one| one.topic == topic);
        one.and_then(|one| one.feed.at(one.name)).or_else(|| self.tails.at(topic))
    }

    async fn answer(&mut self, answers: Vec<Answer>) -> Result<(), Over> {
        let messages = answers.iter().map(Answer::message).collect();
        self.wire.send(&self.seat, messages).await
    }

    fn note(&self, told: &[Arc<Told>]) {
        let meters = &self.shared.meters;
        meters.events.increment(told.len() as u64);
        for told in told {
            meters.delivery.record(told.read.elapsed());
        }
    }
}
