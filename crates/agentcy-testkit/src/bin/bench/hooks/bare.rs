//! A bare handler: HTTP, and the plain insert behind it. No signature, no de-duplication, no run and no job.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    body,
    plain::{Plain, Row},
};
use crate::{
    load::{Line, Load, closed},
    measure::Party,
};

/// As many connections as the product has at most.
const POOL: u32 = 16;

/// One that serves until it is dropped.
pub(super) struct Bare {
    address: SocketAddr,
    clients: usize,
    part: Duration,
    _serving: JoinSet<()>,
}

impl Bare {
    /// Starts one that inserts what the plain clients insert.
    pub(super) async fn start(plain: &Plain) -> Result<Self> {
        let most = u32::try_from(plain.clients)?.min(POOL);
        let pool = PgPoolOptions::new().max_connections(most).test_before_acquire(false);
        let pool = pool.connect_with(plain.login.clone()).await?;
        let rows = Arc::new(Row::new(plain.org));
        let router = Router::new().route("/", post(keep)).with_state((pool, rows));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|io| drop(io.set_nodelay(true)));
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, clients: plain.clients, part: plain.part, _serving: serving })
    }
}

async fn keep(State((pool, row)): State<(PgPool, Arc<Row>)>, body: Bytes) -> Response {
    match row.insert(&pool, &body).await {
        Ok(()) => {
            let head = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::ACCEPTED, head, r#"{"duplicate":false}"#).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

impl Party for Bare {
    async fn work(&self) -> Result<Load> {
        let body = body();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.into_bytes(), body].concat();
        let mut lines = Vec::new();
        for _ in 0..self.clients {
            lines.push(Line::open(self.address, request.clone()).await?);
        }
        closed(self.part, lines, |mut line: Line| async move {
            let answer = line.ask().await;
            let good = answer.is_ok_and(|read| line.buffer[..read].starts_with(b"HTTP/1.1 202"));
            (line, good)
        })
        .await
    }
}
