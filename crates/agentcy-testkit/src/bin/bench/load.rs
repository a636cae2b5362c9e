//! A closed loop over raw connections: the client must not cost more than what it measures.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// How many connections ask at once.
pub(crate) const CONNECTIONS: usize = 8;

/// What was done, and how long it took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) done: u32,
    pub(crate) errors: u64,
    pub(crate) elapsed: Duration,
}

/// Does something in a closed loop on each of several tasks until the time is over.
pub(crate) async fn closed<S, F>(
    time: Duration,
    workers: Vec<S>,
    step: impl Fn(S) -> F + Clone + Send + Sync + 'static,
) -> Result<Load>
where
    S: Send + 'static,
    F: Future<Output = (S, bool)> + Send,
{
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        let step = step.clone();
        tasks.spawn(async move {
            let (mut done, mut errors) = (0_u32, 0_u64);
            while started.elapsed() < time {
                let (again, good) = step(worker).await;
                worker = again;
                if good { done += 1 } else { errors += 1 }
            }
            (done, errors)
        });
    }
    let mut load = Load { done: 0, errors: 0, elapsed: Duration::ZERO };
    while let Some(finished) = tasks.join_next().await {
        let (done, errors) = finished?;
        load.done += done;
        load.errors += errors;
    }
    load.elapsed = started.elapsed();
    Ok(load)
}

/// A request that is sent again and again, and the answer that counts as right.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) address: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Request {
    /// Sends it on every connection until the time is over. A wrong answer is an error.
    pub(crate) async fn repeat(&self, time: Duration, right: fn(&[u8]) -> bool) -> Result<Load> {
        let mut workers = Vec::new();
        for _ in 0..CONNECTIONS {
            workers.push(Line::open(self.address, self.bytes.clone()).await?);
        }
        closed(time, workers, move |mut line: Line| async move {
            let good = line.ask().await.is_ok_and(|length| right(&line.buffer[..length]));
            (line, good)
        })
        .await
    }

    /// The body of one answer.
    pub(crate) async fn once(&self) -> Result<String> {
        let mut line = Line::open(self.address, self.bytes.clone()).await?;
        let length = line.ask().await?;
        let text = String::from_utf8_lossy(&line.buffer[..length]).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").context("an answer without a head")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{text}");
        Ok(body.to_owned())
    }
}

/// A connection with the request that is sent over it.
pub(crate) struct Line {
    stream: TcpStream,
    pub(crate) bytes: Vec<u8>,
    pub(crate) buffer: Vec<u8>,
}

impl Line {
    pub(crate) async fn open(address: SocketAddr, bytes: Vec<u8>) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes, buffer: vec![0; 32 << 10] })
    }

    /// Sends the request and reads the whole answer into the buffer.
    pub(crate) async fn ask(&mut self) -> Result<usize> {
        self.stream.write_all(&self.bytes).await?;
        let mut read = 0;
        loop {
            let count = self.stream.read(&mut self.buffer[read..]).await?;
            ensure!(count > 0, "the server hung up");
            read += count;
            if end_of(&self.buffer[..read]).is_some_and(|end| read >= end) {
                return Ok(read);
            }
        }
    }
}

/// Where the answer ends that begins here, once its head is whole.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    Some(head + 4 + length)
}
