//! A socket, and the frames that go over it.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use reqwest::{
    Upgraded,
    header::{CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, UPGRADE},
};
use serde::{Deserialize, Serialize};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::DomainEvent;
use crate::{Client, Error, call::Upgrade};

/// The server says every 25 s that it is there; who is silent for longer than this is not.
const SILENCE: Duration = Duration::from_mins(1);
/// The largest frame, in bytes.
const MAX_FRAME: usize = 8 << 20;

const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");

/// The server does not know the credential, or it opens nothing any more.
const NO_CREDENTIAL: [u16; 2] = [4001, 4003];

/// A socket of the server.
pub(super) struct Socket {
    stream: WebSocketStream<Upgraded>,
    client: Client,
    request_id: String,
}

/// What the server says.
pub(super) enum Frame {
    /// The topics are followed from after these numbers on.
    Subscribed { seq: BTreeMap<String, i64> },
    /// Something happened.
    Event(DomainEvent),
    /// What was asked for is not kept any more.
    Reset { topic: String, seq: i64 },
    /// Nothing that matters here, or something newer.
    Other,
}

#[derive(Serialize)]
struct Subscribe<'a> {
    r#type: &'static str,
    id: u64,
    topics: Vec<&'a str>,
    after: BTreeMap<&'a str, i64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Subscribed {
        #[serde(default)]
        seq: BTreeMap<String, i64>,
    },
    Event(DomainEvent),
    Reset {
        topic: String,
        seq: i64,
    },
    Error {
        #[serde(default)]
        topic: Option<String>,
        code: String,
        #[serde(default)]
        message: String,
    },
    #[serde(other)]
    Other,
}

impl Socket {
    /// Opens one with the token of the client.
    pub(super) async fn connect(client: &Client) -> Result<Self, Error> {
        let key = generate_key();
        let header = |text: &str| {
            HeaderValue::from_str(text).map_err(|error| Error::invalid(error.to_string()))
        };
        let call = client.get(&[]).at_root(&["ws"]);
        let call = call
            .header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .header(UPGRADE, HeaderValue::from_static("websocket"))
            .header(VERSION, HeaderValue::from_static("13"))
            .header(KEY, header(&key)?);
        let Upgrade { request_id, headers, stream } = call.upgrade(&client.upgrading()?).await?;
        let expected = derive_accept_key(key.as_bytes());
        if headers.get(SEC_WEBSOCKET_ACCEPT).is_none_or(|given| given != expected.as_str()) {
            return Err(Error::cut(&client.server));
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let stream = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
        Ok(Self { stream, client: client.clone(), request_id })
    }

    /// Asks for topics, each after its number.
    pub(super) async fn subscribe(
        &mut self,
        topics: &BTreeMap<String, Option<i64>>,
    ) -> Result<(), Error> {
        let after = topics.iter().filter_map(|(topic, seq)| Some((topic.as_str(), (*seq)?)));
        let frame = Subscribe {
            r#type: "subscribe",
            id: 1,
            topics: topics.keys().map(String::as_str).collect(),
            after: after.collect(),
        };
        let text = serde_json::to_string(&frame);
        let text = text.map_err(|error| Error::invalid(format!("the topics: {error}")))?;
        self.stream.send(Message::text(text)).await.map_err(|_| self.cut())
    }

    /// The next frame. A cut is an error that another socket may mend; a refusal is none.
    pub(super) async fn next(&mut self) -> Result<Frame, Error> {
        loop {
            let next = tokio::time::timeout(SILENCE, self.stream.next()).await;
            let Ok(Some(Ok(message))) = next else { return Err(self.cut()) };
            let text = match message {
                Message::Text(text) => text,
                Message::Close(close) => return Err(self.closed(close)),
                _ => continue,
            };
            return Ok(match serde_json::from_str(&text) {
                Ok(Said::Subscribed { seq }) => Frame::Subscribed { seq },
                Ok(Said::Event(event)) => Frame::Event(event),
                Ok(Said::Reset { topic, seq }) => Frame::Reset { topic, seq },
                Ok(Said::Error { topic, code, message }) => {
                    let topic = topic.map(|topic| format!("{topic}: ")).unwrap_or_default();
                    return Err(self.refused(&code, format!("{topic}{message}")));
                }
                Ok(Said::Other) | Err(_) => Frame::Other,
            });
        }
    }

    fn cut(&self) -> Error {
        Error::cut(&self.client.server)
    }

    fn closed(&self, close: Option<CloseFrame>) -> Error {
        match close {
            Some(close) if NO_CREDENTIAL.contains(&close.code.into()) => {
                self.refused("unauthenticated", close.reason.to_string())
            }
            _ => self.cut(),
        }
    }

    /// What the server said no to, as it would have over HTTP.
    fn refused(&self, code: &str, message: String) -> Error {
        let status = match code {
            "unauthenticated" => 401,
            "not_found" => 404,
            "store_unavailable" => 503,
            _ => 400,
        };
        Error::Refused {
            status,
            code: code.to_owned(),
            message,
            details: Box::default(),
            request_id: self.request_id.clone(),
            retry_after: None,
        }
    }
}
