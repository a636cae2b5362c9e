//! The server under the router: connections with bounds, and a stop that lets requests finish.

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
};
use tokio_util::sync::CancellationToken;
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
        tracing::error!(error = %error, "connections are not accepted any more");
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
                tracing::warn!(error = %error, "a connection could not be accepted");
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
    let begun = CancellationToken::new();
    let heard = begun.clone();
    let service = router.map_request(move |mut request: http::Request<hyper::body::Incoming>| {
        heard.cancel();
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let serving = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(serving);
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = silence(&begun) => return,
        () = lifecycle.stopping() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(error = %error, client.ip = %peer.ip(), "a connection ended badly");
    }
}

/// Done when a connection has brought no request for too long. Until the first bytes say which protocol is spoken, no
/// limit of that protocol holds.
async fn silence(begun: &CancellationToken) {
    if tokio::time::timeout(HEADER_TIMEOUT, begun.cancelled()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}
