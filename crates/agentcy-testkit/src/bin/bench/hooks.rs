//! Webhooks that come in, beside a plain insert of the same row by as many clients: both are durable when they are
//! answered, on one PostgreSQL that flushes. Once on the disk of this machine, once as if its flush took 3.3 ms, which is
//! what the targets were reckoned with.

mod postgres;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agentcy_core::Role;
use agentcy_testkit::{app::TestApp, platform::TestPlatform, postgres::TestDb, webhook::Webhook};
use aide::axum::ApiRouter;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

use self::postgres::{Disk, Postgres};
use crate::{
    load::{Line, Load, closed},
    measure::{Party, Spread, compare},
    startup::folder,
};

/// How many clients there are, and what is aimed at.
const CLIENTS: [(usize, f64); 3] = [(1, 0.8), (16, 0.8), (64, 1.2)];
/// How many bytes a delivery has.
const BODY: usize = 1024;
/// How many digits the number of a delivery has.
const DIGITS: usize = 20;

/// Measures it.
pub(crate) async fn measure(part: Duration) -> Result<Value> {
    let own = on(Disk::Own, part).await?;
    let slow = on(Disk::Slow, part).await?;
    let foreign = [&own, &slow].map(|it| it["foreign_max"].as_f64().unwrap_or(0.0));
    Ok(json!({ "own_disk": own, "slow_disk": slow, "foreign_max": Spread::of(foreign).max }))
}

async fn on(disk: Disk, part: Duration) -> Result<Value> {
    let folder = folder()?;
    let postgres = Postgres::start(folder.path(), disk).await?;
    let commit = postgres.commit_millis().await?;
    let what = match disk {
        Disk::Own => "on the disk of this machine",
        Disk::Slow => {
            "as on a slow disk: for both, PostgreSQL sleeps 3.1 ms before each flush (commit_delay)"
        }
    };
    println!("\nwebhooks, {what}: a commit of one row alone takes {commit:.2} ms");
    // A name that no other server has: what it is called is only told to one that drops it.
    let name = format!("agentcy_bench_{}", std::process::id());
    let (owner, login) = (postgres.owner.clone(), postgres.app.clone());
    let database = TestDb { owner, app: login, name };
    let stage = TestPlatform::over(
        database,
        |rules| rules.rates.hooks = 1_000_000_000,
        |database, engines| engines.db = database.db(agentcy_store::POOL_SIZE),
    );
    let platform = stage.in_real_time();
    let app = TestApp::over(stage, platform.clone(), |_| {}, |_| ApiRouter::new()).await;
    let org = app.stage.org().await;
    let owner = app.stage.caller(org, Role::Owner).await;
    let webhook = Webhook::new(&platform, &owner, "bench").await;
    let database = &app.stage.database;
    database.execute(PLAIN).await;

    let mut told = serde_json::Map::new();
    let mut foreign = 0.0_f64;
    let sent = Arc::new(AtomicU64::new(1));
    for (clients, target) in CLIENTS {
        let first = sent.load(Ordering::Relaxed);
        let product = Product::new(app.address(), &webhook, clients, part, &sent);
        let plain = Plain { login: database.owner.clone(), org: org.into(), clients, part };
        let title =
            format!("webhooks of {clients} at once, beside a plain insert (target: {target})");
        let mut figures = compare(&title, ["product", "plain"], &product, &plain).await?;
        let together = together(database, sent.load(Ordering::Relaxed) - first).await?;
        println!("  {together:.1} deliveries a commit of the product");
        figures["together"] = json!(together);
        foreign = foreign.max(figures["foreign_max"].as_f64().unwrap_or(0.0));
        told.insert(format!("clients_{clients}"), figures);
    }
    let kept = database.rows(
        "select (select count(*) from deliveries) deliveries, (select count(*) from task_runs) runs,
                (select count(*) from jobs) jobs",
    );
    let kept = kept.await;
    let many = sent.load(Ordering::Relaxed) - 1;
    for table in ["deliveries", "runs", "jobs"] {
        ensure!(kept[0][table] == json!(many), "{many} were sent, and there are {}", kept[0]);
    }
    app.lifecycle.stop_now();
    postgres.stop().await?;
    told.insert("commit_millis".to_owned(), commit.json());
    told.insert("foreign_max".to_owned(), json!(foreign));
    Ok(Value::Object(told))
}

/// How many of the newest deliveries were committed together.
async fn together(database: &TestDb, newest: u64) -> Result<f64> {
    let rows = format!(
        "select count(*)::float8 / count(distinct xmin::text) as many
         from (select xmin from deliveries order by id desc limit {newest}) newest"
    );
    let rows = database.rows(&rows).await;
    rows[0]["many"].as_f64().context("nothing came in")
}

/// The row of a delivery with its indexes, without what it belongs to and without policies.
const PLAIN: &str = "create table plain_deliveries (like deliveries including all)";

struct Product {
    address: SocketAddr,
    head: String,
    body: Vec<u8>,
    clients: usize,
    part: Duration,
    sent: Arc<AtomicU64>,
}

impl Product {
    fn new(
        address: SocketAddr,
        webhook: &Webhook,
        clients: usize,
        part: Duration,
        sent: &Arc<AtomicU64>,
    ) -> Self {
        let body = body();
        let (path, signature) = (webhook.path(), webhook.signature(&body));
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nx-agentcy-signature: {signature}\r\nx-agentcy-delivery: "
        );
        Self { address, head, body, clients, part, sent: Arc::clone(sent) }
    }
}

/// A connection, and where in its bytes the number of the delivery stands.
struct Sender {
    line: Line,
    place: usize,
}

impl Party for Product {
    async fn work(&self) -> Result<Load> {
        let mut senders = Vec::new();
        for _ in 0..self.clients {
            let mut bytes = self.head.clone().into_bytes();
            let place = bytes.len();
            bytes.extend([b'0'; DIGITS]);
            bytes.extend(b"\r\n\r\n");
            bytes.extend(&self.body);
            senders.push(Sender { line: Line::open(self.address, bytes).await?, place });
        }
        let sent = Arc::clone(&self.sent);
        closed(self.part, senders, move |mut sender: Sender| {
            let number = sent.fetch_add(1, Ordering::Relaxed);
            async move {
                let digits = format!("{number:0DIGITS$}");
                sender.line.bytes[sender.place..sender.place + DIGITS]
                    .copy_from_slice(digits.as_bytes());
                let answer = sender.line.ask().await;
                let good = answer.is_ok_and(|length| {
                    let answer = &sender.line.buffer[..length];
                    answer.starts_with(b"HTTP/1.1 202") && !answer.ends_with(b"true}")
                });
                (sender, good)
            }
        })
        .await
    }
}

/// Connections that insert a row each time.
struct Plain {
    login: PgConnectOptions,
    org: Uuid,
    clients: usize,
    part: Duration,
}

struct Row {
    conn: PgConnection,
    org: Uuid,
    headers: Value,
    body: Vec<u8>,
}

impl Party for Plain {
    async fn work(&self) -> Result<Load> {
        let headers = json!({
            "host": "localhost", "content-type": "application/json", "x-agentcy-delivery": "0".repeat(DIGITS),
        });
        let mut rows = Vec::new();
        for _ in 0..self.clients {
            let conn = self.login.connect().await?;
            rows.push(Row { conn, org: self.org, headers: headers.clone(), body: body() });
        }
        closed(self.part, rows, |mut row: Row| async move {
            let good = row.insert().await.is_ok();
            (row, good)
        })
        .await
    }
}

impl Row {
    async fn insert(&mut self) -> sqlx::Result<()> {
        sqlx::query(
            "insert into plain_deliveries (id, org_id, trigger_id, task_run_id, key, headers, content_type, body,
                                           received_at, expires_at)
             values ($1, $2, $2, $2, $3, $4, 'application/json', $5, now(), now() + interval '72 hours')",
        )
        .bind(id())
        .bind(self.org)
        .bind([id().as_bytes().as_slice(), &[0; 16]].concat())
        .bind(&self.headers)
        .bind(&self.body)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}

/// As those of the product: they sort by time.
fn id() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "what is compared has no clock of its own")]
    Uuid::now_v7()
}

fn body() -> Vec<u8> {
    let frame = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, "x".repeat(BODY - frame)).into_bytes()
}
