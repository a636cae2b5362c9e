//! Server-sent events: the entries of a log as they are kept, with signs of life between them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use agentcy_agent::log::Tail;
use agentcy_core::chat::LogEvent;
use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, SchemaObject},
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderName, HeaderValue, header};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::error::ApiError;

/// How often a silent stream says that it is there, so that nothing in between takes it for dead.
const PULSE: Duration = Duration::from_secs(15);
/// A frame of the body is sent on once it is as large as this, however much there is.
const FRAME: usize = 64 << 10;
/// When a browser whose stream was cut comes back.
const RETRY: &[u8] = b"retry: 3000\n\n";
const ALIVE: &[u8] = b": alive\n\n";

const EXAMPLE: &str = "retry: 3000\n\n\
id: 12\nevent: message_start\ndata: {\"message_id\":\"msg_01976b4e-7c00-7000-8000-000000000000\",\"run_id\":\"run_01976b4e-7c00-7000-8000-000000000000\"}\n\n\
id: 13\nevent: content_delta\ndata: {\"delta\":\"Three services\"}\n\n\
id: 14\nevent: message_end\ndata: {\"message_id\":\"msg_01976b4e-7c00-7000-8000-000000000000\",\"finish_reason\":\"end_turn\",\
\"usage\":{\"in_tokens\":812,\"out_tokens\":9,\"cost_usd\":0.0}}\n\n";

/// A stream of events, and where it is taken up again.
pub(crate) struct Sse {
    /// What happens.
    pub(crate) tail: Tail,
    /// The path that follows the same conversation.
    pub(crate) place: String,
}

impl IntoResponse for Sse {
    fn into_response(self) -> Response {
        const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
        let frames =
            Frames { tail: self.tail, pulse: None, next: BytesMut::from(RETRY), is_over: false };
        let mut response = Response::new(Body::from_stream(frames));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        let uncached = HeaderValue::from_static("no-cache, no-transform");
        headers.insert(header::CACHE_CONTROL, uncached);
        headers.insert(BUFFERING, HeaderValue::from_static("no"));
        if let Ok(place) = HeaderValue::try_from(self.place) {
            headers.insert(header::CONTENT_LOCATION, place);
        }
        response
    }
}

impl OperationOutput for Sse {
    type Inner = Self;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        let json_schema = ctx.schema.subschema_for::<LogEvent>();
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let media = MediaType {
            schema: Some(schema),
            example: Some(EXAMPLE.into()),
            ..MediaType::default()
        };
        let content = [("text/event-stream".to_owned(), media)].into_iter().collect();
        Some(DocResponse { content, ..DocResponse::default() })
    }
}

/// The body: whatever is there at once goes out as one frame.
struct Frames {
    tail: Tail,
    /// None until the stream is silent for the first time.
    pulse: Option<Interval>,
    next: BytesMut,
    is_over: bool,
}

impl Stream for Frames {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while !this.is_over && this.next.len() < FRAME {
            match this.tail.as_mut().poll_next(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(entries))) => {
                    for entry in &entries {
                        write(&mut this.next, entry.seq(), entry.name(), entry.data());
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    // The client comes back and goes on after the last event that it has.
                    let cause = ApiError::from(error).chain().unwrap_or_default();
                    tracing::warn!(error.cause = cause, "a stream of events ended early");
                    this.is_over = true;
                }
                Poll::Ready(None) => this.is_over = true,
            }
        }
        if this.next.is_empty() && !this.is_over {
            let pulse = this.pulse.get_or_insert_with(pulse);
            ready!(pulse.poll_tick(cx));
            this.next.put_slice(ALIVE);
        }
        let frame = this.next.split().freeze();
        Poll::Ready((!frame.is_empty()).then_some(Ok(frame)))
    }
}

fn pulse() -> Interval {
    let mut pulse = interval_at(Instant::now() + PULSE, PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pulse
}

fn write(frame: &mut BytesMut, number: i64, name: &str, data: &[u8]) {
    use std::fmt::Write as _;

    frame.reserve(name.len() + data.len() + 48);
    // Writing to memory that grows does not fail.
    let _ = write!(frame, "id: {number}\nevent: {name}\ndata: ");
    frame.put_slice(data);
    frame.put_slice(b"\n\n");
}
