//! The row of a delivery, inserted and nothing else.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, PgExecutor, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{DIGITS, body};
use crate::{
    load::{Load, closed},
    measure::Party,
};

/// The row of a delivery with its indexes, without what it belongs to and without policies.
pub(super) const TABLE: &str = "create table plain_deliveries (like deliveries including all)";

/// Connections that insert a row each time.
pub(super) struct Plain {
    pub(super) login: PgConnectOptions,
    pub(super) org: Uuid,
    pub(super) clients: usize,
    pub(super) part: Duration,
}

struct Client {
    conn: PgConnection,
    row: Row,
}

impl Party for Plain {
    async fn work(&self) -> Result<Load> {
        let mut clients = Vec::new();
        for _ in 0..self.clients {
            clients.push(Client { conn: self.login.connect().await?, row: Row::new(self.org) });
        }
        closed(self.part, clients, |mut client: Client| async move {
            let good = client.row.insert(&mut client.conn, &client.row.body).await.is_ok();
            (client, good)
        })
        .await
    }
}

/// What is the same in each row.
pub(super) struct Row {
    org: Uuid,
    headers: Value,
    body: Vec<u8>,
}

impl Row {
    pub(super) fn new(org: Uuid) -> Self {
        let headers = json!({
            "host": "localhost", "content-type": "application/json", "x-agentcy-delivery": "0".repeat(DIGITS),
        });
        Self { org, headers, body: body() }
    }

    /// Inserts one with this body.
    pub(super) async fn insert(&self, to: impl PgExecutor<'_>, body: &[u8]) -> sqlx::Result<()> {
        sqlx::query(
            "insert into plain_deliveries (id, org_id, trigger_id, task_run_id, key, headers, content_type, body,
                                           received_at, expires_at)
             values ($1, $2, $2, $2, $3, $4, 'application/json', $5, now(), now() + interval '72 hours')",
        )
        .bind(id())
        .bind(self.org)
        .bind([id().as_bytes().as_slice(), &[0; 16]].concat())
        .bind(&self.headers)
        .bind(body)
        .execute(to)
        .await?;
        Ok(())
    }
}

/// As those of the product: they sort by time.
fn id() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "what is compared has no clock of its own")]
    Uuid::now_v7()
}
