//! One answer as a client sees it: when it came, and whether it was all there.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::upstream::Script;

/// An answer that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A question, and how its answer tells text.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    /// More lines of the head.
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) script: Script,
    pub(crate) wire: Wire,
}

/// How an answer tells text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// As the provider does.
    Provider,
    /// As the product does.
    Product,
}

/// What was seen of an answer that was whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// From the question to the first text.
    pub(crate) first: Duration,
    /// From the question to the end.
    pub(crate) whole: Duration,
}

impl Question {
    /// Asks on a connection of its own and reads to the end; anything but the whole answer in order is an error.
    pub(crate) async fn ask(&self) -> Result<Seen> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        timeout(PATIENCE, self.ask_on(&mut stream)).await.context("the answer does not end")?
    }

    /// Asks on this connection.
    pub(crate) async fn ask_on(&self, stream: &mut TcpStream) -> Result<Seen> {
        let Self { path, head, body, .. } = self;
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             accept: text/event-stream\r\n{head}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let asked = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::with_capacity(64 << 10);
        let (mut answer, mut first) = (Answer::default(), None);
        loop {
            ensure!(stream.read_buf(&mut read).await? > 0, "the server hung up");
            let is_whole = answer.take(&mut read)?;
            if first.is_none() && answer.has_text(self.wire) {
                first = Some(asked.elapsed());
            }
            if is_whole {
                let whole = asked.elapsed();
                answer.check(self.wire, self.script)?;
                return Ok(Seen { first: first.context("an answer without text")?, whole });
            }
        }
    }
}

/// An answer in chunks, as far as it is read.
#[derive(Default)]
struct Answer {
    has_head: bool,
    body: Vec<u8>,
}

impl Answer {
    /// Takes whole chunks; true at the last.
    fn take(&mut self, read: &mut Vec<u8>) -> Result<bool> {
        if !self.has_head {
            let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
                return Ok(false);
            };
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            ensure!(head.starts_with("HTTP/1.1 200"), "{head} {}", String::from_utf8_lossy(read));
            read.drain(..end + 4);
            self.has_head = true;
        }
        let mut at = 0;
        let is_last = loop {
            let rest = &read[at..];
            let Some(line) = rest.windows(2).position(|window| window == b"\r\n") else {
                break false;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line])?, 16)?;
            let from = line + 2;
            if rest.len() < from + size + 2 {
                break false;
            }
            self.body.extend_from_slice(&rest[from..from + size]);
            at += from + size + 2;
            if size == 0 {
                break true;
            }
        };
        read.drain(..at);
        Ok(is_last)
    }

    fn has_text(&self, wire: Wire) -> bool {
        let mark: &[u8] = match wire {
            Wire::Provider => br#""content":""#,
            Wire::Product => b"event: content_delta\n",
        };
        self.body.windows(mark.len()).any(|window| window == mark)
    }

    fn check(&self, wire: Wire, script: Script) -> Result<()> {
        let body = std::str::from_utf8(&self.body)?;
        let (mut text, mut last, mut ends) = (String::new(), 0, 0);
        for event in body.split("\n\n") {
            let (mut name, mut data) = ("", None);
            for line in event.lines() {
                match line.split_once(": ") {
                    Some(("event", value)) => name = value,
                    Some(("data", value)) => data = Some(value),
                    Some(("id", value)) => {
                        let seq: u64 = value.parse()?;
                        ensure!(last == 0 || seq == last + 1, "{seq} comes after {last}");
                        last = seq;
                    }
                    _ => {}
                }
            }
            let Some(data) = data else { continue };
            if data == "[DONE]" {
                ends += 1;
                continue;
            }
            let data: Value = serde_json::from_str(data)?;
            match (wire, name) {
                (Wire::Provider, _) => {
                    text.push_str(data["choices"][0]["delta"]["content"].as_str().unwrap_or(""));
                }
                (Wire::Product, "content_delta") => {
                    text.push_str(data["delta"].as_str().context("a delta without text")?);
                }
                (Wire::Product, "message_end") => ends += 1,
                (Wire::Product, "error") => bail!("the answer broke off: {data}"),
                (Wire::Product, _) => {}
            }
        }
        ensure!(ends == 1, "the answer ends {ends} times: {body}");
        ensure!(text == script.text(), "the text is not the one that was sent: {body}");
        Ok(())
    }
}
