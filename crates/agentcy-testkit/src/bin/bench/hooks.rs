//! Webhooks that come in, beside a plain insert of the same row by as many clients: both are durable when they are
//! answered, on one PostgreSQL that flushes. Once on the disk of this machine, once as if its flush took 3.3 ms, which is
//! what the targets were reckoned with. A bare handler, HTTP with that one insert behind it and nothing else, says what of
//! the difference any server must pay.

mod bare;
mod plain;
mod postgres;
mod product;

use std::{
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

use self::{
    bare::Bare,
    plain::Plain,
    postgres::{Disk, Postgres},
    product::Product,
};
use crate::{
    measure::{Spread, compare},
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
    database.execute(plain::TABLE).await;

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
        let bare = Bare::start(&plain).await?;
        let title = format!("a bare handler of {clients} at once, beside a plain insert");
        let floor = compare(&title, ["bare", "plain"], &bare, &plain).await?;
        foreign = foreign.max(floor["foreign_max"].as_f64().unwrap_or(0.0));
        figures["floor"] = floor;
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

fn body() -> Vec<u8> {
    let frame = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, "x".repeat(BODY - frame)).into_bytes()
}
