//! Runs and conversations that a socket follows: their own logs, which number themselves.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use agentcy_agent::{
    log::{Entry, Tail},
    runs::{self, Watched},
};
use agentcy_core::{
    Caller, Timestamp,
    id::{ConversationId, RunId},
};
use agentcy_platform::{Error, Result, conversations};
use axum::extract::ws::Message;

use crate::{state::Shared, subscription::Counted};

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Run(RunId),
    Conversation(ConversationId),
}

struct Followed {
    topic: String,
    conversation: ConversationId,
    at: i64,
    tail: Tail,
    _counted: Counted,
}

/// What happened in one of them.
pub(crate) enum Happened {
    /// Entries, as frames of its topic.
    Entries(Vec<Message>),
    /// It cannot be followed any more.
    Broken(String, Error),
}

/// What a socket follows of this kind.
#[derive(Default)]
pub(crate) struct Tails {
    list: Vec<Followed>,
}

impl Tails {
    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Up to where a topic was told, if it is followed.
    pub(crate) fn at(&self, topic: &str) -> Option<i64> {
        self.list.iter().find(|one| one.topic == topic).map(|one| one.at)
    }

    /// Follows one; from where, and whether that is not what was asked for.
    pub(crate) async fn follow(
        &mut self,
        shared: &Shared,
        caller: &Caller,
        topic: String,
        subject: Subject,
        after: Option<i64>,
    ) -> Result<(i64, bool)> {
        let watched = match subject {
            Subject::Run(id) => runs::watch_run(&shared.runs, caller, id, after).await?,
            Subject::Conversation(id) => runs::watch(&shared.runs, caller, id, after).await?,
        };
        let Watched { conversation, after: at, is_reset, tail } = watched;
        self.leave(&topic);
        let counted = Counted::new(shared);
        self.list.push(Followed { topic, conversation, at, tail, _counted: counted });
        Ok((at, is_reset))
    }

    /// Follows a topic no longer; whether it was followed.
    pub(crate) fn leave(&mut self, topic: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|one| one.topic != topic);
        self.list.len() < before
    }

    /// Leaves what the caller may see no more; gives those topics.
    pub(crate) async fn judge(&mut self, shared: &Shared, caller: &Caller) -> Vec<String> {
        let mut lost = Vec::new();
        let followed = self.list.iter().map(|one| (one.topic.clone(), one.conversation));
        for (topic, conversation) in followed.collect::<Vec<_>>() {
            let found = conversations::read(&shared.platform, caller, conversation).await;
            // A store that is away takes no rights away.
            if matches!(found, Err(Error::Refused { .. })) {
                lost.push(topic);
            }
        }
        self.list.retain(|one| !lost.contains(&one.topic));
        lost
    }

    /// What happens next in any of them. Nothing is lost when this is given up.
    pub(crate) async fn next(&mut self, now: impl Fn() -> Timestamp) -> Happened {
        poll_fn(|cx| self.poll(cx, &now)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>, now: &impl Fn() -> Timestamp) -> Poll<Happened> {
        let mut place = 0;
        while let Some(one) = self.list.get_mut(place) {
            match one.tail.as_mut().poll_next(cx) {
                Poll::Pending => place += 1,
                Poll::Ready(Some(Ok(entries))) => {
                    one.at = entries.last().map_or(one.at, Entry::seq);
                    let at = now();
                    let frames = entries.iter().map(|entry| frame(&one.topic, entry, at)).collect();
                    // The others have their turn before this one has the next.
                    self.list.rotate_left(place + 1);
                    return Poll::Ready(Happened::Entries(frames));
                }
                Poll::Ready(Some(Err(error))) => {
                    let gone = self.list.swap_remove(place);
                    return Poll::Ready(Happened::Broken(gone.topic, error));
                }
                // It is over: what is followed next has its place.
                Poll::Ready(None) => drop(self.list.swap_remove(place)),
            }
        }
        Poll::Pending
    }
}

/// The frame of an entry, whose data is JSON already and whose name and topic need no escapes.
fn frame(topic: &str, entry: &Entry, at: Timestamp) -> Message {
    let (seq, name) = (entry.seq(), entry.name());
    let data = String::from_utf8_lossy(entry.data());
    let ts = serde_json::json!(at);
    let text = format!(
        r#"{{"type":"event","topic":"{topic}","seq":{seq},"event":"{name}","ts":{ts},"data":{data}}}"#
    );
    Message::Text(text.into())
}
