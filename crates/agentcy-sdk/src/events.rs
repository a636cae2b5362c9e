//! What happens, as it happens: one socket for any number of topics, taken up again where it was cut.

mod socket;

use std::{
    collections::BTreeMap,
    pin::Pin,
    task::{Context, Poll},
};

use chrono::{DateTime, Utc};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::socket::{Frame, Socket};
use crate::{Client, Error, patience::Patience};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DomainEvent {
    /// The topic that it was told on.
    pub topic: String,
    /// Its number there; numbers rise, with holes where something was not for this caller.
    pub seq: i64,
    /// What it is, such as `graph.changed`.
    pub event: String,
    /// When it happened.
    #[serde(rename = "ts")]
    pub at: DateTime<Utc>,
    /// More, depending on what it is.
    #[serde(default)]
    pub data: Value,
}

/// What a follower is told.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Something happened.
    Event(DomainEvent),
    /// What came before is not kept any more: what is known of the topic is to be read anew. Events follow after the
    /// number.
    Reset {
        /// The topic.
        topic: String,
        /// The number.
        seq: i64,
    },
}

/// What is to be followed.
#[derive(Debug, Clone)]
#[must_use = "nothing is followed before `begin`"]
pub struct Watch {
    client: Client,
    topics: BTreeMap<String, Option<i64>>,
}

/// What happens, from its beginning or a number on. It ends with the error that could not be mended.
#[must_use = "nothing is read before it is polled"]
pub struct Changes(Pin<Box<dyn Stream<Item = Result<Change, Error>> + Send>>);

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Changes")
    }
}

impl Stream for Changes {
    type Item = Result<Change, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl Client {
    /// What happens in the org: name the topics, and begin.
    pub fn watch(&self) -> Watch {
        Watch { client: self.clone(), topics: BTreeMap::new() }
    }
}

impl Watch {
    /// Follows a topic from now on: `graph`, `graph:<realm>`, `tasks`, `sources`, `approvals`, `run:<id>` or
    /// `conversation:<id>`.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topics.insert(topic.into(), None);
        self
    }

    /// The same, with all that happened after a number.
    pub fn after(mut self, topic: impl Into<String>, seq: i64) -> Self {
        self.topics.insert(topic.into(), Some(seq));
        self
    }

    /// Begins, so that a refusal is told before there is a stream. A connection that is cut is taken up again where it
    /// was, until that does not succeed for half a minute.
    pub async fn begin(self) -> Result<Changes, Error> {
        let Self { client, mut topics } = self;
        let mut patience = Patience::to_begin();
        let mut early = Vec::new();
        let socket = opened(&client, &mut topics, &mut early, &mut patience).await?;
        Ok(Changes(Box::pin(followed(client, topics, early, socket))))
    }
}

/// A socket that follows all topics, again where that may help. What happens meanwhile is kept.
async fn opened(
    client: &Client,
    topics: &mut BTreeMap<String, Option<i64>>,
    early: &mut Vec<Change>,
    patience: &mut Patience,
) -> Result<Socket, Error> {
    loop {
        match open(client, topics, early).await {
            Ok(socket) => return Ok(socket),
            Err(error) => patience.pause(error).await?,
        }
    }
}

async fn open(
    client: &Client,
    topics: &mut BTreeMap<String, Option<i64>>,
    early: &mut Vec<Change>,
) -> Result<Socket, Error> {
    let mut socket = Socket::connect(client).await?;
    socket.subscribe(topics).await?;
    loop {
        match socket.next().await? {
            Frame::Subscribed { seq } => {
                for (topic, seq) in seq {
                    topics.entry(topic).or_default().get_or_insert(seq);
                }
                return Ok(socket);
            }
            Frame::Event(event) => early.extend(seen(topics, Change::Event(event))),
            Frame::Reset { topic, seq } => early.extend(seen(topics, Change::Reset { topic, seq })),
            Frame::Other => {}
        }
    }
}

/// Remembers how far a topic is. Nothing of what was told before.
fn seen(topics: &mut BTreeMap<String, Option<i64>>, change: Change) -> Option<Change> {
    let (topic, seq, is_reset) = match &change {
        Change::Event(event) => (&event.topic, event.seq, false),
        Change::Reset { topic, seq } => (topic, *seq, true),
    };
    let last = topics.entry(topic.clone()).or_default();
    if !is_reset && last.is_some_and(|last| seq <= last) {
        return None;
    }
    *last = Some(seq);
    Some(change)
}

fn followed(
    client: Client,
    mut topics: BTreeMap<String, Option<i64>>,
    mut early: Vec<Change>,
    mut socket: Socket,
) -> impl Stream<Item = Result<Change, Error>> + Send {
    async_stream::try_stream! {
        let mut patience = Patience::to_go_on();
        loop {
            for change in early.drain(..) {
                patience = Patience::to_go_on();
                yield change;
            }
            match socket.next().await {
                Ok(Frame::Event(event)) => early.extend(seen(&mut topics, Change::Event(event))),
                Ok(Frame::Reset { topic, seq }) => {
                    early.extend(seen(&mut topics, Change::Reset { topic, seq }));
                }
                Ok(Frame::Subscribed { .. } | Frame::Other) => {}
                Err(error) => {
                    patience.pause(error).await?;
                    socket = opened(&client, &mut topics, &mut early, &mut patience).await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: i64) -> Change {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let (topic, event) = ("graph".to_owned(), "graph.changed".to_owned());
        Change::Event(DomainEvent { topic, seq, event, at, data: Value::Null })
    }

    #[test]
    fn what_was_told_before_is_not_told_again_but_after_a_reset() {
        let mut topics = BTreeMap::new();
        assert!(seen(&mut topics, event(7)).is_some());
        assert!(seen(&mut topics, event(7)).is_none());
        assert!(seen(&mut topics, event(9)).is_some());
        let reset = Change::Reset { topic: "graph".to_owned(), seq: 4 };
        assert!(seen(&mut topics, reset).is_some());
        assert!(seen(&mut topics, event(5)).is_some());
        assert_eq!(topics["graph"], Some(5));
    }
}
