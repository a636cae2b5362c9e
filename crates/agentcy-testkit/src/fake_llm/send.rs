//! Frames on their way: paced, chopped, cut.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;

use super::turn::{End, Streamed};

/// Lets what was sent leave before the connection breaks.
const BREATH: Duration = Duration::from_millis(20);

/// An event as it is sent; one that is paced comes a pause after the one before.
pub(super) struct Frame {
    pub(super) paced: bool,
    pub(super) text: String,
}

/// An answer that somebody still reads.
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

enum Step {
    Send(Bytes),
    Wait(Duration),
    Break,
    Stall,
}

pub(super) fn respond(status: u16, retry_after: Option<u32>, body: String) -> Response {
    let is_json = body.starts_with('{');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if is_json {
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if let Some(secs) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, secs.into());
    }
    response
}

/// The start of an answer.
pub(super) fn cut(status: u16, open: Open) -> Response {
    let start = Step::Send(Bytes::from_static(b"{\"choices\":[{"));
    let mut response = Response::new(body([start, Step::Break].into(), open));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// These bytes, piece by piece.
pub(super) fn bytes(pieces: Vec<Vec<u8>>, end: &End, open: Open) -> Response {
    let steps = pieces.into_iter().map(|piece| Step::Send(piece.into())).collect();
    events(steps, end, open)
}

/// A streamed answer.
pub(super) fn streamed(streamed: &Streamed, frames: Vec<Frame>, open: Open) -> Response {
    let mut steps = VecDeque::with_capacity(frames.len() + 1);
    let mut pause = Duration::ZERO;
    for Frame { paced, text } in frames {
        if paced && !pause.is_zero() {
            steps.push_back(Step::Wait(pause));
        }
        if paced {
            pause = streamed.pace;
        }
        let text = if streamed.crlf { text.replace('\n', "\r\n") } else { text };
        match streamed.chop {
            Some(bytes) => steps.extend(
                text.as_bytes().chunks(bytes).map(|part| Step::Send(Bytes::copy_from_slice(part))),
            ),
            None => steps.push_back(Step::Send(text.into())),
        }
    }
    events(steps, &streamed.end, open)
}

fn break_within(steps: &mut VecDeque<Step>, at: impl FnOnce(&[u8]) -> usize) {
    if let Some(Step::Send(bytes)) = steps.back_mut() {
        bytes.truncate(at(bytes));
    }
    steps.push_back(Step::Break);
}

fn events(mut steps: VecDeque<Step>, end: &End, open: Open) -> Response {
    match end {
        End::Cuts => break_within(&mut steps, |bytes| bytes.len() / 2),
        End::CutsInACharacter => break_within(&mut steps, |bytes| {
            // Past the first byte of the last character that has several.
            bytes.iter().rposition(|byte| *byte >= 0xc0).map_or(bytes.len() / 2, |at| at + 1)
        }),
        End::Stalls => steps.push_back(Step::Stall),
        _ => {}
    }
    let mut response = Response::new(body(steps, open));
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn body(steps: VecDeque<Step>, open: Open) -> Body {
    Body::from_stream(stream::unfold((steps, open), |(mut steps, open)| async move {
        loop {
            match steps.pop_front()? {
                Step::Send(bytes) => return Some((Ok(bytes), (steps, open))),
                Step::Wait(pause) => tokio::time::sleep(pause).await,
                Step::Stall => std::future::pending().await,
                Step::Break => {
                    tokio::time::sleep(BREATH).await;
                    return Some((Err(io::Error::other("cut")), (steps, open)));
                }
            }
        }
    }))
}
