//! Sockets of the real server: what one takes that is silent, and what an event costs that all of them are told.
//!
//! Both ends are on this machine, so the time to the last one includes the clients' reading.

mod line;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use self::line::{Line, Told};
use crate::{
    chat::spent,
    graph::client::Client,
    machine::{Watch, memory},
    measure::{ROUNDS, Spread},
    startup::{binary, folder, start},
};

/// How many sockets there are.
const SOCKETS: usize = 10_000;
/// How many share a key.
const OF_KEY: usize = 500;
/// How many are opened at once.
const AT_ONCE: usize = 64;
/// How often a source is synced in a round; each time several events are told.
const SYNCS: usize = 4;
/// What is done when a server has nothing to do is over by then.
const SETTLED: Duration = Duration::from_secs(3);
/// An event that is not told by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures it.
pub(crate) async fn measure() -> Result<Value> {
    let folder = folder()?;
    let server = start(&binary()?, folder.path(), &[]).await?;
    let client = Client::sign_in(server.address).await?;
    let watch = Watch::start()?;
    let source = json!({
        "name": "bench", "source_type": "json", "realm": "infrastructure",
        "config": { "key": "id", "label": "Service" },
    });
    let source = client.connect(&source).await?;
    client.upload(&source, b"{\"id\":\"one\"}\n".to_vec()).await?;
    client.sync(&source).await?;

    println!("\n{SOCKETS} sockets that follow a topic");
    // What the syncs cost although nobody watches.
    let (alone, _) = syncs(&client, &source, server.pid).await?;
    sleep(SETTLED).await;
    let before = memory(server.pid)?.alone;
    let told = Arc::new(Told::default());
    let begun = Instant::now();
    let mut lines = open(&client, &told, server.address).await?;
    let opened = begun.elapsed();
    sleep(SETTLED).await;
    let silent = memory(server.pid)?.alone;
    let each = (silent - before) * 1024.0 / count(SOCKETS);
    let (rate, secs) = (count(SOCKETS) / opened.as_secs_f64(), opened.as_secs_f64());
    println!("  opened        in {secs:.1} s, {rate:.0} a second");
    println!("  memory        {each:.1} KiB each (target: 16)");
    let idle = spent(server.pid)?;
    sleep(SETTLED).await;
    let idle = spent(server.pid)?.saturating_sub(idle);
    let idle = idle.as_secs_f64() / SETTLED.as_secs_f64() * 100.0;
    println!("  silent        {idle:.1} % of a core");

    let (mut micros, mut last) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        told.forget();
        let (used, begun) = syncs(&client, &source, server.pid).await?;
        let deliveries = all(&told, begun).await?;
        // The first is not measured.
        if round > 0 {
            let own = used.saturating_sub(alone).as_secs_f64() * 1e6;
            micros.push(own / count(deliveries));
            last.extend(told.last_millis());
        }
    }
    let (cpu, last) = (Spread::of(micros), Spread::of(last));
    println!("  an event      {cpu:.1} µs of processor each (target: 12)");
    println!("  the last one  {last:.0} ms after the event (target: 300)");

    lines.abort_all();
    let foreign = watch.stop()?.foreign;
    server.stop().await?;
    Ok(json!({
        "sockets": SOCKETS,
        "opened_per_second": rate,
        "idle_kib_each": each,
        "idle_percent_of_a_core": idle,
        "delivery_cpu_micros": cpu.json(),
        "last_millis": last.json(),
        "foreign_max": foreign,
    }))
}

/// Syncs a few times: what the server spent, and when it began.
async fn syncs(client: &Client, source: &str, pid: u32) -> Result<(Duration, Instant)> {
    let (before, begun) = (spent(pid)?, Instant::now());
    for _ in 0..SYNCS {
        client.sync(source).await?;
    }
    // What is told last is on its way.
    sleep(Duration::from_secs(2)).await;
    Ok((spent(pid)?.saturating_sub(before), begun))
}

/// Opens every socket and lets each follow the topic.
async fn open(
    client: &Client,
    told: &Arc<Told>,
    address: std::net::SocketAddr,
) -> Result<JoinSet<Result<()>>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for number in 0..SOCKETS / OF_KEY {
        let new = json!({ "name": format!("socket {number}"), "role": "viewer" });
        let made = client.post("/api/v1/api-keys", &new).await?;
        let key = made["key"].as_str().context("no key")?.to_owned();
        for _ in 0..OF_KEY {
            let (places, key) = (Arc::clone(&places), key.clone());
            opening.spawn(async move {
                let _place = places.acquire().await?;
                Line::open(address, &key).await
            });
        }
    }
    let mut lines = JoinSet::new();
    while let Some(line) = opening.join_next().await {
        let (line, told) = (line??, Arc::clone(told));
        lines.spawn(line.read(told));
    }
    Ok(lines)
}

/// Waits until everybody was told everything; gives how many deliveries that were.
async fn all(told: &Told, begun: Instant) -> Result<usize> {
    loop {
        let (events, deliveries) = told.counts();
        if events > 0 && deliveries == events * SOCKETS {
            return Ok(deliveries);
        }
        let missing = events * SOCKETS - deliveries;
        ensure!(begun.elapsed() < PATIENCE, "{missing} of {events} events were not told");
        sleep(Duration::from_millis(50)).await;
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
