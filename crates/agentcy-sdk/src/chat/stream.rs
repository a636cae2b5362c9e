//! The events of an answer, taken up again where they were cut.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream;
use reqwest::{Response, header::HeaderValue};
use serde::Serialize;
use serde_json::Value;

use super::LogEntry;
use crate::{
    Client, Error,
    call::{Opened, random},
    patience::Patience,
    sse::Frames,
};

/// The server says every 15 s that it is there; who is silent for longer than this is not.
const SILENCE: Duration = Duration::from_secs(45);

/// The events of a conversation, from one number on. It ends when no answer is being given any more, or with the error
/// that could not be mended.
#[must_use = "nothing is read before it is polled"]
pub struct Events {
    conversation_id: String,
    events: Pin<Box<dyn Stream<Item = Result<LogEntry, Error>> + Send>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("conversation_id", &self.conversation_id)
            .finish_non_exhaustive()
    }
}

impl Stream for Events {
    type Item = Result<LogEntry, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

/// How a stream begins.
pub(crate) struct Start {
    conversation_id: Option<String>,
    post: Option<Post>,
    after: Option<i64>,
}

struct Post {
    path: Vec<String>,
    body: Value,
    key: HeaderValue,
}

impl Start {
    /// With a POST, which has its effect once however often it is sent.
    pub(crate) fn posting(path: &[&str], body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_value(body);
        let body = body.map_err(|error| Error::invalid(format!("the body: {error}")))?;
        let path = path.iter().map(|&part| part.to_owned()).collect();
        let post = Some(Post { path, body, key: random()? });
        Ok(Self { conversation_id: None, post, after: None })
    }

    /// The same, in a conversation that is known before.
    pub(crate) fn of(self, conversation_id: &str) -> Self {
        Self { conversation_id: Some(conversation_id.to_owned()), ..self }
    }

    /// After an event.
    pub(crate) fn after(conversation_id: &str, after: i64) -> Self {
        let conversation_id = Some(conversation_id.to_owned());
        Self { conversation_id, post: None, after: Some(after) }
    }

    /// Where something has come already it goes on after that; else it begins again, which is harmless.
    async fn open(&self, client: &Client) -> Result<Opened, Error> {
        match (&self.post, self.after) {
            (Some(Post { path, body, key }), None) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                client.post(&path).json(body).keyed(key.clone()).open().await
            }
            (_, after) => {
                let id = self.conversation_id.as_deref().unwrap_or_default();
                let path = ["chat", "conversations", id, "stream"];
                client.get(&path).after(after.unwrap_or_default()).open().await
            }
        }
    }

    /// The same, again where that may help.
    async fn opened(&self, client: &Client, patience: &mut Patience) -> Result<Opened, Error> {
        loop {
            match self.open(client).await {
                Ok(opened) => return Ok(opened),
                Err(error) => patience.pause(error).await?,
            }
        }
    }
}

impl Events {
    /// Begins, so that a refusal is told before there is a stream.
    pub(crate) async fn begin(client: &Client, mut start: Start) -> Result<Self, Error> {
        let opened = start.opened(client, &mut Patience::to_begin()).await?;
        if start.conversation_id.is_none() {
            start.conversation_id = opened.place.as_deref().and_then(conversation);
        }
        let conversation_id = start.conversation_id.clone().unwrap_or_default();
        let events = Box::pin(followed(client.clone(), start, opened.stream));
        Ok(Self { conversation_id, events })
    }

    /// The conversation that it is of.
    pub fn conversation_id(&self) -> &str {
        &self.conversation_id
    }
}

/// The conversation whose stream lies at this path.
fn conversation(place: &str) -> Option<String> {
    let (_, rest) = place.split_once("/chat/conversations/")?;
    Some(rest.split('/').next()?.to_owned())
}

fn followed(
    client: Client,
    mut start: Start,
    mut stream: Option<Response>,
) -> impl Stream<Item = Result<LogEntry, Error>> + Send {
    async_stream::try_stream! {
        let mut patience = Patience::to_go_on();
        while let Some(mut response) = stream {
            let mut frames = Frames::default();
            let mut is_over = false;
            while let Ok(Ok(chunk)) = tokio::time::timeout(SILENCE, response.chunk()).await {
                let Some(chunk) = chunk else {
                    if is_over {
                        return;
                    }
                    break;
                };
                let whole = frames.feed(&chunk).map_err(|error| Error::invalid(error.to_string()))?;
                for entry in whole.iter().filter_map(LogEntry::read) {
                    // What was shown once is not shown again, whoever repeats it.
                    if start.after.is_some_and(|after| entry.id <= after) {
                        continue;
                    }
                    start.after = Some(entry.id);
                    patience = Patience::to_go_on();
                    is_over = entry.event.is_terminal();
                    yield entry;
                    // What was asked for is answered; others who wait in the conversation are no concern of it.
                    if is_over && start.post.is_some() {
                        return;
                    }
                }
            }
            patience.pause(Error::cut(client.server())).await?;
            stream = start.opened(&client, &mut patience).await?.stream;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversation_is_read_off_its_place() {
        let place = "/api/v1/chat/conversations/conv_1/stream";
        assert_eq!(conversation(place).as_deref(), Some("conv_1"));
        assert_eq!(conversation("/elsewhere"), None);
    }
}
