//! A bare relay: what any server must do that passes a model's stream on. It runs in a process of its own.

use std::{net::SocketAddr, process::Stdio};

use agentcy_testkit::app::http;
use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

/// The option that makes the bench a relay to this address.
pub(crate) const OPTION: &str = "--relay-to";

/// A relay that runs.
pub(crate) struct Relay {
    pub(crate) pid: u32,
    pub(crate) address: SocketAddr,
    _child: Child,
}

/// Starts one to this provider.
pub(crate) async fn start(upstream: SocketAddr) -> Result<Relay> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([OPTION, &upstream.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let said = child.stdout.take().context("a relay without output")?;
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line).await?;
    let address = line.trim().parse().context("a relay without an address")?;
    Ok(Relay { pid: child.id().context("no relay")?, address, _child: child })
}

/// Relays until it is ended.
pub(crate) async fn run(upstream: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let to = (http(), format!("http://{upstream}/v1/chat/completions"));
    let router = Router::new().route("/", post(pass)).with_state(to);
    axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |io| drop(io.set_nodelay(true))),
        router,
    )
    .await?;
    Ok(())
}

async fn pass(State((http, to)): State<(reqwest::Client, String)>, body: Bytes) -> Response {
    match http.post(to).body(body).send().await {
        Ok(answer) => {
            let head = [(header::CONTENT_TYPE, "text/event-stream")];
            (head, Body::from_stream(answer.bytes_stream())).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
