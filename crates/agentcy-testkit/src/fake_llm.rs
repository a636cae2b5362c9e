//! A model provider that speaks both wires and fails as told.
//!
//! It judges requests as the real ones do, so a client that sends the wrong thing is refused.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::Response,
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

/// What the provider does with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Answers with this text.
    Says(String),
    /// Refuses in the form of its wire.
    Refuses {
        /// The status.
        status: u16,
        /// The message.
        message: String,
        /// The seconds of `Retry-After`.
        retry_after: Option<u32>,
    },
    /// Refuses with the key it was shown in its message.
    EchoesTheKey,
    /// Answers as above, but refuses `max_tokens` as OpenAI's reasoning models do.
    WantsCompletionTokens,
    /// Answers this body with this status, as some gateway in between would.
    Raw(u16, String),
    /// Begins to answer with this status, and closes before the body is whole.
    Cuts(u16),
    /// Takes the call and never answers.
    Stalls,
}

impl Turn {
    /// A refusal without `Retry-After`.
    pub fn refuses(status: u16, message: &str) -> Self {
        Self::Refuses { status, message: message.to_owned(), retry_after: None }
    }
}

/// One call as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when it was not JSON.
    pub body: Value,
}

struct Script {
    turns: VecDeque<Turn>,
    seen: Vec<Seen>,
}

type Shared = Arc<Mutex<Script>>;

/// The provider; it ends when it is dropped.
pub struct FakeLlm {
    /// Where it is, for either wire: `http://127.0.0.1:<port>/v1`.
    pub base_url: String,
    script: Shared,
    _server: JoinSet<io::Result<()>>,
}

impl FakeLlm {
    /// Starts a provider that takes one turn a call; the last turn repeats.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        let turns = turns.into_iter().collect();
        let script: Shared = Arc::new(Mutex::new(Script { turns, seen: Vec::new() }));
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base_url, script, _server: server })
    }

    /// The calls so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Openai,
    Anthropic,
}

async fn answer(
    State(script): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let seen = Seen { path: uri.path().to_owned(), headers: headers.clone(), body: body.clone() };
    let turn = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.seen.push(seen);
        let last = script.turns.len() <= 1;
        if last { script.turns.front().cloned() } else { script.turns.pop_front() }
    };
    let wire = match uri.path() {
        "/v1/chat/completions" => Wire::Openai,
        "/v1/messages" => Wire::Anthropic,
        _ => return respond(404, None, json!({ "error": "no such path" }).to_string()),
    };
    if let Err(fault) = judge(wire, &headers, &body) {
        return respond(400, None, refusal(wire, fault));
    }
    match turn {
        None => respond(500, None, refusal(wire, "the script is empty")),
        Some(Turn::Says(text)) => respond(200, None, said(wire, &body, &text)),
        Some(Turn::Refuses { status, message, retry_after }) => {
            respond(status, retry_after, refusal(wire, &message))
        }
        Some(Turn::EchoesTheKey) => {
            let message = format!("Incorrect API key provided: {}.", key(wire, &headers));
            respond(401, None, refusal(wire, &message))
        }
        Some(Turn::WantsCompletionTokens) if body.get("max_tokens").is_some() => {
            let message = "Unsupported parameter: 'max_tokens' is not supported with this model. \
                           Use 'max_completion_tokens' instead.";
            respond(400, None, refusal(wire, message))
        }
        Some(Turn::WantsCompletionTokens) => respond(200, None, said(wire, &body, "ok")),
        Some(Turn::Raw(status, body)) => respond(status, None, body),
        Some(Turn::Cuts(status)) => cut(status),
        Some(Turn::Stalls) => std::future::pending().await,
    }
}

/// What the real providers insist on.
fn judge(wire: Wire, headers: &HeaderMap, body: &Value) -> Result<(), &'static str> {
    let asked = body["messages"].as_array().is_some_and(|list| !list.is_empty());
    if !body["model"].is_string() || !asked {
        return Err("model and messages are required");
    }
    if wire == Wire::Anthropic {
        if headers.get("anthropic-version").is_none_or(|version| version != "2023-06-01") {
            return Err("anthropic-version: header is required");
        }
        if !body["max_tokens"].is_u64() {
            return Err("max_tokens: Field required");
        }
    }
    Ok(())
}

fn key(wire: Wire, headers: &HeaderMap) -> String {
    let name = if wire == Wire::Openai { "authorization" } else { "x-api-key" };
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").unwrap_or(value).to_owned()
}

fn said(wire: Wire, asked: &Value, text: &str) -> String {
    let model = &asked["model"];
    match wire {
        Wire::Openai => json!({
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": text },
                "finish_reason": "stop",
            }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8 },
        }),
        Wire::Anthropic => json!({
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{ "type": "text", "text": text }],
            "stop_reason": "end_turn",
            "stop_sequence": null,
            "usage": { "input_tokens": 7, "output_tokens": 1 },
        }),
    }
    .to_string()
}

fn refusal(wire: Wire, message: &str) -> String {
    let error = json!({ "type": "invalid_request_error", "message": message });
    match wire {
        Wire::Openai => json!({ "error": error }),
        Wire::Anthropic => json!({ "type": "error", "error": error }),
    }
    .to_string()
}

fn respond(status: u16, retry_after: Option<u32>, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Some(secs) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, secs.into());
    }
    response
}

/// The start of an answer; the pause lets it leave before the connection breaks.
fn cut(status: u16) -> Response {
    let pieces = stream::unfold(false, |begun| async move {
        if !begun {
            return Some((Ok(Bytes::from_static(b"{\"choices\":[{")), true));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Err(io::Error::other("cut")), true))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}
