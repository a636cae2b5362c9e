//! The server under the router: connections with bounds, and a stop that lets requests finish.

use std::{
    future::{Future, poll_fn},
    mem,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use agentcy_core::Chain;
use agentcy_platform::lifecycle::Lifecycle;
use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::sleep,
};
use tower::ServiceExt;

/// How many connections are open at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16 * 1024;
/// How long a client may take for its request line and headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes those may have.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Serves until a stop is asked for; then takes no new connection and lets the open ones finish.
pub async fn serve(listener: TcpListener, router: Router, lifecycle: Lifecycle) {
    // Not by the thread that waits here: what it accepts would be handed to a worker's first.
    let accepting = lifecycle.tasks().spawn(accept(listener, router, lifecycle.clone()));
    if let Err(error) = accepting.await {
        tracing::error!(error = %Chain(&error), "connections are not accepted any more");
        lifecycle.fail("connections are not accepted any more");
    }
}

async fn accept(listener: TcpListener, router: Router, lifecycle: Lifecycle) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = Arc::new(builder());
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = lifecycle.stopping() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: waiting is all that helps.
                tracing::warn!(error = %Chain(&error), "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let connection =
            connection(stream, peer, router.clone(), Arc::clone(&connections), lifecycle.clone());
        lifecycle.spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(128)
        .keep_alive_interval(Some(Duration::from_secs(30)));
    builder
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    lifecycle: Lifecycle,
) {
    // Small frames of a stream must not wait for each other.
    let _ = stream.set_nodelay(true);
    let begun = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&begun);
    let service = router.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        heard.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let serving = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    let (mut silence, mut stopping) = (pin!(sleep(HEADER_TIMEOUT)), pin!(lifecycle.stopping()));
    let (mut listens, mut is_stopping) = (false, false);
    // Of what may come beside the connection only flags are read at each turn, of which a stream has many.
    let outcome = poll_fn(|cx| {
        if let Poll::Ready(outcome) = serving.as_mut().poll(cx) {
            return Poll::Ready(Some(outcome));
        }
        // Until the first bytes say which protocol is spoken, no limit of that protocol holds.
        if !begun.load(Ordering::Relaxed) && silence.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let stops = lifecycle.is_stopping() || !listens && stopping.as_mut().poll(cx).is_ready();
        listens = true;
        if stops && !mem::replace(&mut is_stopping, true) {
            serving.as_mut().graceful_shutdown();
            return serving.as_mut().poll(cx).map(Some);
        }
        Poll::Pending
    });
    if let Some(Err(error)) = outcome.await {
        tracing::debug!(error = %error, client.ip = %peer.ip(), "a connection ended badly");
    }
}
