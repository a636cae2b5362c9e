//! One socket as a client sees it, with as little as it takes: frames are counted, not understood.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use agentcy_core::{Clock, Timestamp, clock::SystemClock};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SUBSCRIBE: &str = r#"{"type":"subscribe","id":1,"topics":["sources"]}"#;

/// What all of them were told.
#[derive(Default)]
pub(super) struct Told {
    events: Mutex<BTreeMap<i64, Event>>,
}

struct Event {
    at: Timestamp,
    count: usize,
    last: Timestamp,
}

impl Told {
    fn note(&self, seq: i64, text: &str) -> Result<()> {
        let now = SystemClock.now();
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = events.get_mut(&seq) {
            event.count += 1;
            event.last = now;
            return Ok(());
        }
        let frame: Value = serde_json::from_str(text)?;
        let at = frame["ts"].as_str().context("an event without a time")?.parse()?;
        events.insert(seq, Event { at, count: 1, last: now });
        Ok(())
    }

    /// How many events there were, and how often one was told.
    pub(super) fn counts(&self) -> (usize, usize) {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        (events.len(), events.values().map(|event| event.count).sum())
    }

    /// How long after it happened each event was told to the last.
    pub(super) fn last_millis(&self) -> Vec<f64> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let late = events.values().map(|event| event.last - event.at);
        late.map(|late| late.to_std().unwrap_or_default().as_secs_f64() * 1e3).collect()
    }

    pub(super) fn forget(&self) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// An open socket.
pub(super) struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    /// Shakes hands and subscribes.
    pub(super) async fn open(address: SocketAddr, key: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             authorization: Bearer {key}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::with_capacity(1024);
        let head = loop {
            ensure!(stream.read_buf(&mut read).await? > 0, "the server hung up");
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let said = String::from_utf8_lossy(&read[..head]).into_owned();
        ensure!(said.starts_with("HTTP/1.1 101"), "{said}");
        read.drain(..head);
        // A frame of text under a mask that changes nothing.
        let mut frame = vec![0x81, 0x80 | u8::try_from(SUBSCRIBE.len())?, 0, 0, 0, 0];
        frame.extend_from_slice(SUBSCRIBE.as_bytes());
        stream.write_all(&frame).await?;
        let mut line = Self { stream, read };
        let answer = line.next().await?;
        ensure!(answer.contains(r#""type":"subscribed""#), "{answer}");
        Ok(line)
    }

    /// Reads for as long as the server sends.
    pub(super) async fn read(mut self, told: Arc<Told>) -> Result<()> {
        loop {
            let text = self.next().await?;
            if let Some(seq) = seq(&text) {
                told.note(seq, &text)?;
            }
        }
    }

    /// The next text.
    async fn next(&mut self) -> Result<String> {
        loop {
            if let Some((opcode, from, to)) = frame(&self.read) {
                let text = String::from_utf8_lossy(&self.read[from..to]).into_owned();
                self.read.drain(..to);
                match opcode {
                    1 => return Ok(text),
                    // Alive, under the same mask.
                    9 => self.stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await?,
                    other => anyhow::bail!("the server ends it: {other} {text}"),
                }
                continue;
            }
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the server hung up");
        }
    }
}

/// The kind of the first frame and where its payload stands, once it is whole.
fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (opcode, short) = (bytes.first()? & 0x0f, bytes.get(1)? & 0x7f);
    let (from, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => {
            let long: [u8; 8] = bytes.get(2..10)?.try_into().ok()?;
            (10, usize::try_from(u64::from_be_bytes(long)).ok()?)
        }
        short => (2, usize::from(short)),
    };
    (bytes.len() >= from + length).then_some((opcode, from, from + length))
}

fn seq(text: &str) -> Option<i64> {
    let (_, rest) = text.strip_prefix(r#"{"type":"event""#)?.split_once(r#""seq":"#)?;
    rest.split(',').next()?.parse().ok()
}
