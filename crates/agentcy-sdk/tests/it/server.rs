//! A server that gives one scripted answer after the other, and remembers what it was asked.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use agentcy_sdk::Client;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri},
};
use futures_util::{StreamExt, stream};

/// What to do with the next request.
pub(crate) enum Step {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// An answer that promises more than it brings.
    Cut,
    /// A stream of events that is at this path, to its end or cut behind what there is.
    Events { place: &'static str, body: String, is_cut: bool },
    /// Nothing, for ever.
    Silence,
    /// The same as an answer in JSON, but this much later.
    Late(Duration, &'static str),
}

/// A plain JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Step {
    Step::Answer(status, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

/// A refusal, with when to ask again.
pub(crate) fn refusal(status: u16, code: &str, retry_after: Option<u64>) -> Step {
    let body = format!(
        r#"{{"error":{{"code":"{code}","message":"no","details":{{"store":"postgres"}},"request_id":"req_7"}}}}"#
    );
    let wait = retry_after.map(|secs| ("retry-after", secs.to_string()));
    Step::Answer(status, wait.into_iter().collect(), body)
}

/// One request as it came.
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Default)]
struct Inner {
    script: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Seen>>,
}

pub(crate) struct Server {
    pub(crate) origin: String,
    inner: Arc<Inner>,
}

impl Server {
    pub(crate) async fn with(script: impl IntoIterator<Item = Step>) -> Self {
        let inner = Arc::new(Inner::default());
        inner.script.lock().unwrap().extend(script);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(next).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, inner }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.origin.parse().unwrap()).unwrap().with_token("jwt-of-ada".into())
    }

    /// Everything it was asked, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.inner.seen.lock().unwrap())
    }

    /// The one thing it was asked.
    pub(crate) fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1);
        seen.remove(0)
    }
}

async fn next(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, Infallible> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    inner.seen.lock().unwrap().push(Seen { method, uri, headers, body });
    let step = inner.script.lock().unwrap().pop_front().expect("a request beyond the script");
    Ok(match step {
        Step::Answer(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(body.into()).unwrap()
        }
        Step::Cut => {
            let pieces = [Ok(Bytes::from_static(b"{\"status\":")), Err(io::Error::other("cut"))];
            Response::new(Body::from_stream(stream::iter(pieces)))
        }
        Step::Events { place, body, is_cut } => {
            let cut = is_cut.then(|| Err(io::Error::other("cut")));
            let pieces = stream::iter([Ok(Bytes::from(body))].into_iter().chain(cut));
            // What came before a cut shall arrive.
            let pieces = pieces.then(|piece| async move {
                if piece.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                piece
            });
            let response = Response::builder().header("content-type", "text/event-stream");
            response.header("content-location", place).body(Body::from_stream(pieces)).unwrap()
        }
        Step::Silence => std::future::pending().await,
        Step::Late(wait, body) => {
            tokio::time::sleep(wait).await;
            Response::new(body.into())
        }
    })
}
