//! How many commits a turn takes: transactions that wrote, counted by the database.

use std::{net::SocketAddr, time::Duration};

use agentcy_testkit::postgres::TestDb;
use anyhow::Result;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::{Instant, sleep};

use super::{Product, settings, upstream::Script};
use crate::startup::{binary, folder, start};

/// How many turns are counted.
const TURNS: u32 = 20;

const SHORT: Script = Script { chunks: 50, first: Duration::ZERO, gap: Duration::from_millis(10) };
const LONG: Script = Script { chunks: 350, first: Duration::ZERO, gap: Duration::from_millis(10) };

/// Counts them.
pub(crate) async fn measure(provider: SocketAddr) -> Result<Value> {
    let database = TestDb::new().await;
    let folder = folder()?;
    let mut settings = settings(provider);
    settings.push(("DATABASE_URL", database.app_url()));
    let server = start(&binary()?, folder.path(), &settings).await?;
    let product = Product::sign_in(server.address).await?;
    let mut conn = database.owner.connect().await?;
    println!("\ncommits of a turn without tools");
    let mut told = serde_json::Map::new();
    for (name, script, target) in [("0.5 s", SHORT, 2), ("3.5 s", LONG, 5)] {
        let mut questions = Vec::new();
        for _ in 0..TURNS {
            questions.push(product.question(server.address, script).await?.0);
        }
        sleep(Duration::from_secs(2)).await;
        let (begun, before) = (Instant::now(), written(&mut conn).await?);
        super::ask_all(questions, usize::try_from(TURNS)?).await?;
        sleep(Duration::from_millis(200)).await;
        let (took, after) = (begun.elapsed(), written(&mut conn).await?);
        // What goes on anyway.
        sleep(took).await;
        let idle = written(&mut conn).await? - after;
        let each = f64::from(i32::try_from(after - before - idle)?) / f64::from(TURNS);
        println!("  {name}         {each:.2} each (target: {target})");
        told.insert(name.to_owned(), json!(each));
    }
    server.stop().await?;
    Ok(Value::Object(told))
}

/// The number of the next transaction that writes.
async fn written(conn: &mut PgConnection) -> Result<i64> {
    let next = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    Ok(sqlx::query_scalar(next).fetch_one(conn).await?)
}
