//! The graph of the real server: what goes through the ledger into the engine, and how soon it is found again.
//!
//! Everything is asked over HTTP, as a user would; times include it.

pub(crate) mod client;
mod repository;
mod world;

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use self::client::Client;
use crate::{
    machine::{Watch, memory},
    measure::Spread,
    startup::{binary, folder, start},
};

/// How many questions of a kind are asked.
const QUESTIONS: usize = 600;

/// Measures it.
pub(crate) async fn measure() -> Result<Value> {
    let folder = folder()?;
    let server = start(&binary()?, folder.path(), &[]).await?;
    let client = Client::sign_in(server.address).await?;
    let watch = Watch::start()?;

    println!(
        "\n{} nodes and {} edges through the ledger to the engine",
        world::NODES,
        world::EDGES
    );
    let source = client.connect(&world::source()).await?;
    client.upload(&source, world::content()).await?;
    let first = client.sync(&source).await?;
    let peak = memory(server.pid)?;
    println!("  first sync    {:.1} s until every query sees it (target: 90)", first.as_secs_f64());
    println!("  memory        {:.0} MiB the server afterwards (target: 500)", peak.alone);
    let second = client.sync(&source).await?;
    println!("  second sync   {:.1} s, nothing changed", second.as_secs_f64());

    let expand = expand(&client).await?;
    let search = search(&client).await?;

    println!("\na git repository of {} commits", repository::COMMITS);
    repository::make(&folder.path().join("repository"))?;
    let source = client.connect(&repository::source()).await?;
    let git_first = client.sync(&source).await?;
    println!("  first sync    {:.1} s (target: 60)", git_first.as_secs_f64());
    let git_second = client.sync(&source).await?;
    println!("  second sync   {:.1} s, nothing changed (target: 3)", git_second.as_secs_f64());

    let foreign = watch.stop()?.foreign;
    server.stop().await?;
    Ok(json!({
        "nodes": world::NODES,
        "edges": world::EDGES,
        "first_sync_secs": first.as_secs_f64(),
        "second_sync_secs": second.as_secs_f64(),
        "server_mib": peak.alone,
        "expand": expand,
        "search": search,
        "git": {
            "commits": repository::COMMITS,
            "first_sync_secs": git_first.as_secs_f64(),
            "second_sync_secs": git_second.as_secs_f64(),
        },
        "foreign_max": foreign,
    }))
}

async fn expand(client: &Client) -> Result<Value> {
    let starts = client.some_nodes(QUESTIONS).await?;
    let (mut whole, mut engine, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
    for start in &starts {
        let body = json!({ "node_ids": [start], "depth": 2, "limit": 500 });
        let begun = Instant::now();
        let answer = client.post("/api/v1/graph/expand", &body).await?;
        whole.push(begun.elapsed());
        engine.push(answer["took_ms"].as_f64().unwrap_or(f64::NAN));
        let found = answer["nodes"].as_array().map_or(0, Vec::len);
        nodes.push(u32::try_from(found).map_or(f64::NAN, f64::from));
    }
    let engine = Tail::of(engine.into_iter());
    let whole = Tail::of(whole.iter().map(Duration::as_secs_f64).map(|secs| secs * 1e3));
    let size = Spread::of(nodes);
    println!("\nexpand, depth 2, limit 500, {size:.0} nodes each");
    println!("  took_ms       {engine} (target: p99 5)");
    println!("  over HTTP     {whole}");
    Ok(json!({ "took_ms": engine.json(), "http_ms": whole.json(), "nodes": size.json() }))
}

async fn search(client: &Client) -> Result<Value> {
    println!("\nsearch over {} nodes", world::NODES);
    let mut told = serde_json::Map::new();
    let mut all = Vec::new();
    for (name, question) in world::QUESTIONS {
        let mut times = Vec::new();
        for turn in 0..QUESTIONS / world::QUESTIONS.len() {
            let place = format!("/api/v1/graph/nodes?{}", question(turn));
            let begun = Instant::now();
            client.get(&place).await?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        all.extend(times.iter().copied());
        let spread = Tail::of(times.into_iter());
        println!("  {name:<14}{spread}");
        told.insert((*name).to_owned(), spread.json());
    }
    let spread = Tail::of(all.into_iter());
    println!("  all           {spread} (target: p95 20)");
    told.insert("all".to_owned(), spread.json());
    Ok(Value::Object(told))
}

/// The middle and the slow end, in milliseconds.
struct Tail {
    p50: f64,
    p95: f64,
    p99: f64,
}

impl Tail {
    fn of(times: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = times.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(index).copied().unwrap_or(f64::NAN)
        };
        Self { p50: at(50), p95: at(95), p99: at(99) }
    }

    fn json(&self) -> Value {
        json!({ "p50": self.p50, "p95": self.p95, "p99": self.p99 })
    }
}

impl std::fmt::Display for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.1}, p95 {:.1}, p99 {:.1} ms", self.p50, self.p95, self.p99)
    }
}
