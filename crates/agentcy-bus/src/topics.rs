//! Who listens to what in this process. Both engines hand messages out here; only how they come in differs.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::{
    Notify,
    broadcast::{self, error::RecvError},
    watch,
};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

/// How many messages a subscriber may be behind; whoever is further behind gets a [`Event::Gap`].
const BEHIND: usize = 256;

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message, in the order of its publisher.
    Message(Bytes),
    /// Messages before the next one may be lost: read the state anew, then go on.
    Gap,
}

/// The messages of a channel from the moment it was made, until the bus shuts down; dropping it unsubscribes.
pub type Subscription = BoxStream<'static, Event>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Asked,
    Live,
    Lost,
}

#[derive(Debug)]
struct Topic {
    sender: broadcast::Sender<Event>,
    state: State,
}

#[derive(Debug)]
pub(crate) struct Topics {
    by_name: Mutex<HashMap<Arc<str>, Topic>>,
    wanted: Notify,
    settled: watch::Sender<()>,
    stop: CancellationToken,
}

impl Topics {
    pub(crate) fn new(stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            by_name: Mutex::default(),
            wanted: Notify::new(),
            settled: watch::Sender::new(()),
            stop,
        })
    }

    /// Hands a message to everybody who listens.
    pub(crate) fn send(&self, name: &str, message: Bytes) {
        if let Some(topic) = self.lock().get(name) {
            // Nobody listening is no failure.
            let _ = topic.sender.send(Event::Message(message));
        }
    }

    /// Listens at once: for the engine whose messages all come from this process.
    pub(crate) fn join(self: &Arc<Self>, name: &str) -> Subscription {
        self.enter(name, State::Live).stream()
    }

    /// Listens as soon as [`Self::settle`] has named the topic.
    pub(crate) async fn join_settled(self: &Arc<Self>, name: &str) -> Result<Subscription> {
        let mut settled = self.settled.subscribe();
        let listener = self.enter(name, State::Asked);
        while !self.lock().get(name).is_some_and(|topic| topic.state == State::Live) {
            let change = self.stop.run_until_cancelled(settled.changed()).await;
            if !matches!(change, Some(Ok(()))) {
                return Err(Error::unavailable("the bus is shutting down"));
            }
        }
        Ok(listener.stream())
    }

    /// Waits until the set of names may have changed.
    pub(crate) async fn changed(&self) {
        self.wanted.notified().await;
    }

    /// What somebody listens to, or waits to.
    pub(crate) fn names(&self) -> HashSet<Arc<str>> {
        self.lock().keys().cloned().collect()
    }

    /// From now on messages of these topics come in; those that had been lost learn of the gap.
    pub(crate) fn settle(&self, names: &HashSet<Arc<str>>) {
        for (name, topic) in self.lock().iter_mut() {
            if names.contains(name) && topic.state != State::Live {
                if topic.state == State::Lost {
                    let _ = topic.sender.send(Event::Gap);
                }
                topic.state = State::Live;
            }
        }
        self.settled.send_replace(());
    }

    /// From now on no messages come in.
    pub(crate) fn lose(&self) {
        for topic in self.lock().values_mut() {
            if topic.state == State::Live {
                topic.state = State::Lost;
            }
        }
    }

    fn enter(self: &Arc<Self>, name: &str, state: State) -> Listener {
        let mut topics = self.lock();
        let receiver = if let Some(topic) = topics.get(name) {
            topic.sender.subscribe()
        } else {
            let (sender, receiver) = broadcast::channel(BEHIND);
            topics.insert(name.into(), Topic { sender, state });
            self.wanted.notify_one();
            receiver
        };
        Listener { topics: self.clone(), name: name.into(), receiver: Some(receiver) }
    }

    fn leave(&self, name: &str) {
        let mut topics = self.lock();
        if topics.get(name).is_some_and(|topic| topic.sender.receiver_count() == 0) {
            topics.remove(name);
            self.wanted.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Topic>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Listener {
    topics: Arc<Topics>,
    name: String,
    receiver: Option<broadcast::Receiver<Event>>,
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        let receiver = self.receiver.as_mut()?;
        match self.topics.stop.run_until_cancelled(receiver.recv()).await? {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(Event::Gap),
            Err(RecvError::Closed) => None,
        }
    }

    fn stream(mut self) -> Subscription {
        Box::pin(async_stream::stream! {
            while let Some(event) = self.next().await {
                yield event;
            }
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Given up first, or it would count itself.
        self.receiver = None;
        self.topics.leave(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    fn topics() -> Arc<Topics> {
        Topics::new(CancellationToken::new())
    }

    #[test]
    fn the_last_to_leave_takes_the_topic_along() {
        let topics = topics();
        let (one, two) = (topics.join("run"), topics.join("run"));
        drop(one);
        assert_eq!(topics.names().len(), 1);
        drop(two);
        assert!(topics.names().is_empty());
    }

    #[test]
    fn whoever_gives_up_waiting_leaves_nothing() {
        let topics = topics();
        assert!(topics.join_settled("run").now_or_never().is_none());
        assert!(topics.names().is_empty());
    }

    #[tokio::test]
    async fn during_an_outage_old_and_new_subscribers_wait_and_only_the_old_hear_of_a_gap() {
        let topics = topics();
        let both = || HashSet::from(["old".into(), "new".into()]);
        let mut old = Box::pin(topics.join_settled("old"));
        assert!(old.as_mut().now_or_never().is_none());
        topics.settle(&both());
        let mut old = old.await.unwrap();
        topics.lose();
        let mut late = Box::pin(topics.join_settled("old"));
        let mut new = Box::pin(topics.join_settled("new"));
        assert!(late.as_mut().now_or_never().is_none());
        assert!(new.as_mut().now_or_never().is_none());
        topics.settle(&both());
        assert_eq!(old.next().now_or_never(), Some(Some(Event::Gap)));
        assert!(late.await.is_ok());
        assert!(new.await.unwrap().next().now_or_never().is_none());
    }
}
