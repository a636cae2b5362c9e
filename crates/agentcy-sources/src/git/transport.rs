//! Git's smart HTTP over the guarded client: gix speaks the protocol, and every byte goes our way.

use std::{
    any::Any,
    io::{self, BufRead, Read, Write},
    sync::{Arc, Mutex},
};

use agentcy_egress::Answer;
use bytes::Bytes;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use super::way::{Question, Way, lock};
use crate::Error;

const REFS: &str = "/info/refs?service=git-upload-pack";
/// How much of a question may be gathered; a question names commits that are there already.
const MAX_QUESTION: usize = 16 << 20;

type Result<T> = std::result::Result<T, gix::Error>;

/// One question and its answer. The question goes out when the answer is first read.
struct Exchange {
    way: Arc<Way>,
    question: Option<Question>,
    body: Vec<u8>,
    head: Vec<u8>,
    answer: Option<Answer>,
    limit: u64,
}

impl Exchange {
    fn begin(&mut self) -> io::Result<()> {
        let Some(question) = self.question.take() else { return Ok(()) };
        let body = std::mem::take(&mut self.body);
        let lists = body.windows(15).take(64).any(|part| part == b"command=ls-refs");
        let limits = &self.way.limits;
        let is_list = lists || question.method == Method::GET;
        self.limit = if is_list { limits.list_bytes } else { limits.pack_bytes };
        let answer = self.way.send(&question, body)?;
        for (name, value) in answer.headers() {
            self.head.extend_from_slice(name.as_str().as_bytes());
            self.head.extend_from_slice(b": ");
            self.head.extend_from_slice(value.as_bytes());
            self.head.push(b'\n');
        }
        self.answer = Some(answer);
        Ok(())
    }
}

type Shared = Arc<Mutex<Exchange>>;

/// The headers of an answer, a line each.
pub(super) struct Head {
    exchange: Shared,
    lines: Option<io::Cursor<Vec<u8>>>,
}

/// The body of an answer, no more of it than is allowed.
pub(super) struct Body {
    exchange: Shared,
    way: Arc<Way>,
    chunk: Bytes,
    seen: u64,
}

/// The body of a question.
pub(super) struct Post(Shared);

impl Write for Post {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut exchange = lock(&self.0);
        if exchange.body.len() + bytes.len() > MAX_QUESTION {
            return Err(io::Error::other("the question is too long"));
        }
        exchange.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BufRead for Head {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.lines.is_none() {
            let mut exchange = lock(&self.exchange);
            exchange.begin()?;
            self.lines = Some(io::Cursor::new(std::mem::take(&mut exchange.head)));
        }
        self.lines.as_mut().map_or(Ok(&[]), BufRead::fill_buf)
    }
    fn consume(&mut self, count: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(count);
        }
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() {
            let mut exchange = lock(&self.exchange);
            exchange.begin()?;
            let limit = exchange.limit;
            if let Some(answer) = &mut exchange.answer
                && let Some(chunk) = self.way.chunk(answer)?
            {
                self.seen += chunk.len() as u64;
                if self.seen > limit {
                    let message = format!("the server sends more than {limit} bytes");
                    return Err(self.way.fail(Error::Refused(message)));
                }
                self.chunk = chunk;
            }
        }
        Ok(&self.chunk)
    }
    fn consume(&mut self, count: usize) {
        let _ = self.chunk.split_to(count.min(self.chunk.len()));
    }
}

fn read(from: &mut impl BufRead, into: &mut [u8]) -> io::Result<usize> {
    let mut there = from.fill_buf()?;
    let count = there.read(into)?;
    from.consume(count);
    Ok(count)
}

impl Read for Head {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read(self, into)
    }
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read(self, into)
    }
}

/// The client that gix is given.
pub(super) struct Guarded {
    way: Arc<Way>,
    base: Option<String>,
}

impl Guarded {
    pub(super) const fn new(way: Arc<Way>) -> Self {
        Self { way, base: None }
    }

    fn exchange(
        &self,
        method: Method,
        url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> io::Result<Shared> {
        let url = Url::parse(url).map_err(io::Error::other)?;
        let mut question = Question { method, url, headers: Vec::new() };
        for line in headers {
            let Some((name, value)) = line.as_ref().split_once(": ") else { continue };
            let name = HeaderName::try_from(name).map_err(io::Error::other)?;
            question.headers.push((name, HeaderValue::try_from(value).map_err(io::Error::other)?));
        }
        let way = Arc::clone(&self.way);
        let question = Some(question);
        let (body, head) = (Vec::new(), Vec::new());
        Ok(Arc::new(Mutex::new(Exchange { way, question, body, head, answer: None, limit: 0 })))
    }

    fn ends(&self, exchange: &Shared) -> (Head, Body) {
        let head = Head { exchange: Arc::clone(exchange), lines: None };
        let way = Arc::clone(&self.way);
        let body = Body { exchange: Arc::clone(exchange), way, chunk: Bytes::new(), seen: 0 };
        (head, body)
    }
}

impl Http for Guarded {
    type Headers = Head;
    type ResponseBody = Body;
    type PostBody = Post;

    fn get(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<GetResponse<Head, Body>> {
        let exchange = self.exchange(Method::GET, url, headers).map_err(gix::Error::from_error)?;
        lock(&exchange).begin().map_err(gix::Error::from_error)?;
        // Where a redirect led to is asked from now on, without our credentials if it is elsewhere.
        let arrived = lock(&exchange).answer.as_ref().map(|answer| answer.url().to_string());
        self.base = arrived.and_then(|url| url.strip_suffix(REFS).map(str::to_owned));
        let (headers, body) = self.ends(&exchange);
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _kind: PostBodyDataKind,
    ) -> Result<PostResponse<Head, Body, Post>> {
        let exchange = self.exchange(Method::POST, url, headers).map_err(gix::Error::from_error)?;
        let (headers, body) = self.ends(&exchange);
        Ok(PostResponse { post_body: Post(exchange), headers, body })
    }

    fn configure(&mut self, _config: &dyn Any) -> Result<()> {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.base.clone()
    }
}
