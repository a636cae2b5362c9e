//! A model provider that speaks both wires and fails as told.
//!
//! It judges requests as the real ones do, so a client that sends the wrong thing is refused.

mod anthropic;
mod judge;
mod openai;
mod send;
mod strict;
mod turn;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
    serve::ListenerExt,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use self::send::{Open, respond};
pub use self::{
    strict::Strict,
    turn::{End, Streamed, Turn, UsageForm},
};

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

type Next = Box<dyn FnMut(&Seen) -> Option<Turn> + Send>;

struct Script {
    next: Next,
    seen: Vec<Seen>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<Script>>,
    strict: Arc<Mutex<Strict>>,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

/// The provider; it ends when it is dropped.
pub struct FakeLlm {
    /// Where it is, for either wire: `http://127.0.0.1:<port>/v1`.
    pub base_url: String,
    shared: Shared,
    _server: JoinSet<io::Result<()>>,
}

impl FakeLlm {
    /// Starts a provider that takes one turn a call; the last turn repeats.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> io::Result<Self> {
        let mut turns: VecDeque<Turn> = turns.into_iter().collect();
        Self::serve(Box::new(move |_| {
            if turns.len() <= 1 { turns.front().cloned() } else { turns.pop_front() }
        }))
        .await
    }

    /// Starts a provider that decides what to do once it has seen the call.
    pub async fn start_with(
        mut turn: impl FnMut(&Seen) -> Turn + Send + 'static,
    ) -> io::Result<Self> {
        Self::serve(Box::new(move |seen| Some(turn(seen)))).await
    }

    async fn serve(next: Next) -> io::Result<Self> {
        let shared = Shared {
            script: Arc::new(Mutex::new(Script { next, seen: Vec::new() })),
            strict: Arc::default(),
            connections: Arc::default(),
            open: Arc::default(),
        };
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let connections = Arc::clone(&shared.connections);
        let listener = listener.tap_io(move |socket| {
            connections.fetch_add(1, Ordering::Relaxed);
            // A connection that is gone already says so when it is read.
            let _ = socket.set_nodelay(true);
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base_url, shared, _server: server })
    }

    /// From now on it insists on this.
    pub fn insist(&self, strict: Strict) {
        *self.shared.strict.lock().unwrap_or_else(PoisonError::into_inner) = strict;
    }

    /// The calls so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.script.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// How many streamed answers are still being read.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Openai,
    Anthropic,
}

impl Wire {
    fn refusal(self, status: u16, message: &str) -> String {
        match self {
            Self::Openai => openai::refusal(status, message),
            Self::Anthropic => anthropic::refusal(status, message),
        }
        .to_string()
    }

    fn key(self, headers: &HeaderMap) -> String {
        let name = if self == Self::Openai { "authorization" } else { "x-api-key" };
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.strip_prefix("Bearer ").unwrap_or(value).to_owned()
    }
}

async fn answer(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let seen = Seen { path: uri.path().to_owned(), headers, body };
    let wire = match uri.path() {
        "/v1/chat/completions" => Wire::Openai,
        "/v1/messages" => Wire::Anthropic,
        _ => return respond(404, None, json!({ "error": "no such path" }).to_string()),
    };
    let strict = *shared.strict.lock().unwrap_or_else(PoisonError::into_inner);
    let verdict = judge::judge(wire, &seen.headers, &seen.body)
        .map_err(|fault| (400, wire.refusal(400, &fault)))
        .and_then(|()| strict.judge(&seen.body));
    let (turn, number) = {
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        // What such a server refuses takes no turn: it comes again otherwise.
        let is_refused = strict != Strict::No && verdict.is_err();
        let turn = if is_refused { None } else { (script.next)(&seen) };
        script.seen.push(seen.clone());
        (turn, script.seen.len())
    };
    match (verdict, turn) {
        (Err((status, body)), _) => respond(status, None, body),
        (Ok(()), None) => respond(500, None, wire.refusal(500, "the script is empty")),
        (Ok(()), Some(turn)) => {
            let call = Call { wire, seen: &seen, number, strict };
            perform(call, turn, Open::new(&shared.open)).await
        }
    }
}

/// A call that is answered.
#[derive(Clone, Copy)]
struct Call<'a> {
    wire: Wire,
    seen: &'a Seen,
    number: usize,
    strict: Strict,
}

async fn perform(call: Call<'_>, turn: Turn, open: Open) -> Response {
    let Call { wire, seen, .. } = call;
    match turn {
        Turn::Says(text) => say(call, Turn::streams([text]), open).await,
        Turn::Streams(_) => say(call, turn, open).await,
        Turn::Refuses { status, message, retry_after } => {
            respond(status, retry_after, wire.refusal(status, &message))
        }
        Turn::EchoesTheKey => {
            let message = format!("Incorrect API key provided: {}.", wire.key(&seen.headers));
            respond(401, None, wire.refusal(401, &message))
        }
        Turn::WantsCompletionTokens if seen.body.get("max_tokens").is_some() => {
            let message = "Unsupported parameter: 'max_tokens' is not supported with this model. \
                           Use 'max_completion_tokens' instead.";
            respond(400, None, wire.refusal(400, message))
        }
        Turn::WantsCompletionTokens => say(call, Turn::streams(["ok"]), open).await,
        Turn::Raw(status, body) => respond(status, None, body),
        Turn::Bytes(pieces, end) => send::bytes(pieces, &end, open),
        Turn::Cuts(status) => send::cut(status, open),
        Turn::Stalls => std::future::pending().await,
    }
}

async fn say(call: Call<'_>, turn: Turn, open: Open) -> Response {
    let Call { wire, seen, number, strict } = call;
    let Turn::Streams(mut streamed) = turn else {
        return respond(500, None, wire.refusal(500, "only what is streamed is said"));
    };
    tokio::time::sleep(streamed.after).await;
    if seen.body["stream"] != true {
        let (model, text) = (&seen.body["model"], streamed.text());
        let said = match wire {
            Wire::Openai => openai::said(model, &text),
            Wire::Anthropic => anthropic::said(model, &text),
        };
        return respond(200, None, said.to_string());
    }
    if let End::Errors { message, .. } = &mut streamed.end {
        *message = message.replace("{key}", &wire.key(&seen.headers));
    }
    let frames = match wire {
        Wire::Openai => openai::frames(&seen.body, &streamed, number, strict),
        Wire::Anthropic => anthropic::frames(&seen.body, &streamed, number, strict),
    };
    send::streamed(&streamed, frames, open)
}
