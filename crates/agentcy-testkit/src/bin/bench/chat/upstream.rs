//! A model provider that does as little as one can: it answers with a script that the question names.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinSet, spawn_blocking},
    time::sleep_until,
};

/// What stands before a script in a question.
const MARK: &str = "bench:";
/// What each chunk says before its number.
const WORDS: &str = "some words of an answer that is streamed, ";

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Script {
    /// How many chunks.
    pub(crate) chunks: usize,
    /// When the first comes.
    pub(crate) first: Duration,
    /// How long after each the next comes; without a gap all come at once.
    pub(crate) gap: Duration,
}

impl Script {
    /// The question that asks for it.
    pub(crate) fn question(self) -> String {
        let (first, gap) = (self.first.as_micros(), self.gap.as_micros());
        format!("{MARK}{}:{first}:{gap}:", self.chunks)
    }

    /// The text of an answer.
    pub(crate) fn text(self) -> String {
        (0..self.chunks).map(|n| format!("{WORDS}{n} ")).collect::<Vec<_>>().concat()
    }

    fn asked_for(body: &str) -> Option<Self> {
        let (_, rest) = body.rsplit_once(MARK)?;
        let mut numbers = rest.split(':').map_while(|number| number.parse::<u64>().ok());
        let chunks = usize::try_from(numbers.next()?).ok()?;
        let mut micros = || numbers.next().map(Duration::from_micros);
        Some(Self { chunks, first: micros()?, gap: micros()? })
    }
}

/// Starts it; it ends with the tasks.
pub(crate) async fn start(tasks: &mut JoinSet<()>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            // A caller that hangs up is its own business.
            connections.spawn(async move { drop(serve(stream).await) });
        }
    });
    Ok(address)
}

/// Answers one request after the other.
async fn serve(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    loop {
        let (head, length) = loop {
            if let Some(found) = whole(&buffer) {
                break found;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let request: Vec<u8> = buffer.drain(..head + length).collect();
        let body = std::str::from_utf8(&request[head..])?;
        answer(&mut stream, Script::asked_for(body).context("no script")?).await?;
    }
}

async fn answer(stream: &mut TcpStream, script: Script) -> Result<()> {
    let begun = Instant::now();
    let mut out = Vec::with_capacity(32 << 10);
    out.extend_from_slice(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for n in 0..script.chunks {
        if n == 0 || !script.gap.is_zero() {
            // The head goes out with the first chunk.
            let due = begun + script.first + script.gap * u32::try_from(n)?;
            if n > 0 {
                send(stream, &mut out).await?;
            }
            if n == 0 {
                wait_exactly(due).await?;
            } else {
                sleep_until(due.into()).await;
            }
        }
        let delta = format!(r#"{{"content":"{WORDS}{n} "}}"#);
        put(&mut out, &chunk(&delta, "null"));
    }
    put(&mut out, &chunk("{}", r#""stop""#));
    let usage = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":100,"total_tokens":109}}"#;
    put(&mut out, usage);
    put(&mut out, "[DONE]");
    out.extend_from_slice(b"0\r\n\r\n");
    send(stream, &mut out).await
}

/// Waits as the system does: a timer of the runtime goes by whole milliseconds, more than what is to be measured.
async fn wait_exactly(due: Instant) -> Result<()> {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        spawn_blocking(move || thread::sleep(left)).await?;
    }
    Ok(())
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]}}"#
    )
}

fn put(out: &mut Vec<u8>, data: &str) {
    let event = format!("data: {data}\n\n");
    out.extend_from_slice(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes());
}

async fn send(stream: &mut TcpStream, out: &mut Vec<u8>) -> Result<()> {
    stream.write_all(out).await?;
    out.clear();
    Ok(())
}

/// Where the body of a whole request begins, and how long it is.
fn whole(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.unwrap_or(0);
    (bytes.len() >= head + length).then_some((head, length))
}
