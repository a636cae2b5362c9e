//! An event as it is sent: encoded once for everybody who is told.

use std::sync::OnceLock;

use agentcy_core::{Caller, DomainEvent, Realm, Timestamp};
use agentcy_platform::live::{self, Channel, Numbered};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

/// An event of a channel.
#[derive(Debug)]
pub(crate) struct Told {
    seq: i64,
    event: DomainEvent,
    /// As followers of the whole channel get it.
    whole: OnceLock<Utf8Bytes>,
    /// As followers of its realm get it.
    of_realm: OnceLock<Utf8Bytes>,
    /// When it was read.
    pub(crate) read: Instant,
}

#[derive(Serialize)]
struct EventFrame<'a> {
    r#type: &'static str,
    topic: &'a str,
    seq: i64,
    event: &'a str,
    ts: Timestamp,
    data: &'a Value,
}

impl Told {
    pub(crate) fn new(numbered: Numbered) -> Self {
        let Numbered { seq, event } = numbered;
        let (whole, of_realm) = (OnceLock::new(), OnceLock::new());
        Self { seq, event, whole, of_realm, read: Instant::now() }
    }

    /// Its number.
    pub(crate) const fn seq(&self) -> i64 {
        self.seq
    }

    /// Whether somebody is told who follows the channel, or this realm of it.
    pub(crate) fn is_for(&self, caller: &Caller, channel: Channel, realm: Option<&Realm>) -> bool {
        realm.is_none_or(|realm| self.event.realm.as_ref() == Some(realm))
            && live::is_told(caller, channel, &self.event)
    }

    /// The frame, for followers of the channel or of a realm of it.
    pub(crate) fn frame(&self, realm: Option<&Realm>) -> Utf8Bytes {
        let frame = match realm {
            None => self.whole.get_or_init(|| self.encode(&self.event.topic)),
            Some(realm) => {
                self.of_realm.get_or_init(|| self.encode(&format!("{}:{realm}", self.event.topic)))
            }
        };
        frame.clone()
    }

    /// How many bytes it takes, about.
    pub(crate) fn weight(&self) -> usize {
        self.frame(None).len()
    }

    fn encode(&self, topic: &str) -> Utf8Bytes {
        let DomainEvent { event, at, data, .. } = &self.event;
        let frame = EventFrame { r#type: "event", topic, seq: self.seq, event, ts: *at, data };
        // A value of JSON is always written.
        serde_json::to_string(&frame).unwrap_or_default().into()
    }
}
