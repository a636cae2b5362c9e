//! A stream of events as its bytes come over the socket.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

/// A hang is a failure.
const HANGS: Duration = Duration::from_mins(1);

/// One event, to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) data: String,
}

impl Block {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }

    /// The three lines and nothing else.
    fn read(text: &str) -> Option<Self> {
        if text.starts_with(':') || text.starts_with("retry:") {
            return None;
        }
        let lines: Vec<_> = text.lines().collect();
        let [id, name, data] = lines[..] else { panic!("no event of three lines: {text:?}") };
        Some(Self {
            id: id.strip_prefix("id: ").unwrap().parse().unwrap(),
            name: name.strip_prefix("event: ").unwrap().to_owned(),
            data: data.strip_prefix("data: ").unwrap().to_owned(),
        })
    }
}

/// An answer that goes on.
pub(super) struct Stream {
    pub(super) response: Response,
    text: String,
}

impl Stream {
    /// A request that is answered by a stream.
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let response = timeout(HANGS, request.send()).await.expect("no answer").unwrap();
        let status = response.status();
        if status == 200 {
            return Self { response, text: String::new() };
        }
        panic!("{status}: {}", response.text().await.unwrap());
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The next event; none at the end.
    pub(super) async fn next(&mut self) -> Option<Block> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (Block::read(block), rest.to_owned());
                self.text = rest;
                if block.is_some() {
                    return block;
                }
            }
            let chunk =
                timeout(HANGS, self.response.chunk()).await.expect("nothing comes").unwrap();
            let Some(chunk) = chunk else {
                assert!(self.text.is_empty(), "half an event: {:?}", self.text);
                return None;
            };
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Everything up to an event of this name, with it.
    pub(super) async fn until(&mut self, name: &str) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some(block) = self.next().await {
            let found = block.name == name;
            blocks.push(block);
            if found {
                return blocks;
            }
        }
        panic!("no {name} in {blocks:?}");
    }

    /// Everything to the end.
    pub(super) async fn rest(mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some(block) = self.next().await {
            blocks.push(block);
        }
        blocks
    }

    /// All bytes to the end, before any event was taken.
    pub(super) async fn bytes(self) -> String {
        timeout(HANGS, self.response.text()).await.expect("it does not end").unwrap()
    }
}
