//! How long the embedded engine takes for a graph, what it needs for it, and how fast it walks in it:
//! `graph_load [nodes] [edges] [batch] [folder]`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{path::Path, time::Instant};

use agentcy_core::{
    Realm, Realms, Timestamp,
    id::{NodeId, OrgId},
};
use agentcy_graph::{
    BoxError, Direction, Edge, Embedded, Expand, GraphStore, Node, Properties, Scope, SourceRef,
};
use serde_json::json;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        arguments.next().map_or(Ok(default), |text| text.parse().map_err(BoxError::from))
    };
    let (nodes, edges, batch) = (number(100_000)?, number(500_000)?, number(10_000)?);
    let folder = match arguments.next() {
        Some(folder) => folder.into(),
        None => tempfile::tempdir()?.keep(),
    };
    let org = OrgId::from(Uuid::from_u128(1));
    let store = Embedded::open(&folder, Uuid::from_u128(2), 4)?;
    println!("empty             {:>8} MB resident", resident("VmRSS")?);

    let started = Instant::now();
    for first in (0..nodes).step_by(batch) {
        let batch: Vec<Node> =
            (first..nodes.min(first + batch)).map(node).collect::<Result<_, _>>()?;
        store.upsert_nodes(org, &batch).await?;
    }
    report("nodes", started, nodes, &folder)?;
    let started = Instant::now();
    let mut dice = Dice(7);
    for first in (0..edges).step_by(batch) {
        let batch: Vec<Edge> = (first..edges.min(first + batch))
            .map(|number| edge(number, nodes, &mut dice))
            .collect::<Result<_, _>>()?;
        store.upsert_edges(org, &batch).await?;
    }
    store.set_watermark(org, 1).await?;
    report("edges", started, edges, &folder)?;
    walk(&store, org, nodes).await?;

    let again = edges / 100;
    let mut changed =
        (0..again).map(|number| edge(number, nodes, &mut dice)).collect::<Result<Vec<_>, _>>()?;
    for edge in &mut changed {
        edge.version = 2;
    }
    let started = Instant::now();
    store.upsert_edges(org, &changed).await?;
    report("edges again", started, again, &folder)?;
    let started = Instant::now();
    store.close().await?;
    report("close", started, 0, &folder)?;
    drop(store);

    let started = Instant::now();
    let store = Embedded::open(&folder, Uuid::from_u128(2), 4)?;
    store.watermark(org).await?;
    report("open", started, 0, &folder)?;
    let started = Instant::now();
    let mut last = edge(edges - 1, nodes, &mut dice)?;
    last.version = 3;
    store.upsert_edges(org, &[last]).await?;
    report("first write", started, 1, &folder)?;
    walk(&store, org, nodes).await?;
    store.close().await?;
    println!("at most           {:>8} MB resident", resident("VmHWM")?);
    Ok(())
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) ^ (self.0 >> 13)
    }
}

fn id<I: From<Uuid>>(kind: u128, number: usize) -> I {
    // Spread, as ids are that several makers made.
    let number = number as u128;
    Uuid::from_u128(kind << 120 | number.wrapping_mul(0x9E37_79B9_7F4A_7C15) & u128::from(u64::MAX))
        .into()
}

fn realm() -> Result<Realm, BoxError> {
    Ok("infrastructure".parse()?)
}

fn moment(number: usize) -> Result<Timestamp, BoxError> {
    let micros = 1_767_225_600_000_000 + i64::try_from(number)?;
    Timestamp::from_timestamp_micros(micros).ok_or_else(|| "no such moment".into())
}

fn properties(value: serde_json::Value) -> Properties {
    match value {
        serde_json::Value::Object(map) => map,
        _ => Properties::new(),
    }
}

fn node(number: usize) -> Result<Node, BoxError> {
    Ok(Node {
        id: id(1, number),
        labels: vec![["Service", "Host", "Person", "File"][number % 4].to_owned()],
        properties: properties(json!({
            "name": format!("thing number {number}"),
            "path": format!("src/folder-{}/part-{number}.rs", number % 1_000),
            "size": number * 17 % 100_000,
            "state": (["up", "down", "unknown"][number % 3]),
        })),
        realm: realm()?,
        sources: vec![SourceRef {
            source_id: "src_0199d6a2-7c10-7000-8000-000000000001".to_owned(),
            external_id: format!("thing:{number}"),
        }],
        valid_from: moment(number)?,
        recorded_at: moment(number)?,
        version: 1,
    })
}

/// Few nodes have many edges, many have few.
fn edge(number: usize, nodes: usize, dice: &mut Dice) -> Result<Edge, BoxError> {
    let mut within = |skew: u64| {
        let place = dice.roll() % 1_000_000;
        let place = (0..skew).fold(place, |place, _| place * (dice.roll() % 1_000_000) / 1_000_000);
        usize::try_from(place).map(|place| place * nodes / 1_000_000)
    };
    Ok(Edge {
        id: id(2, number),
        kind: ["USES", "OWNS", "CONTAINS"][number % 3].to_owned(),
        from: id(1, within(0)?),
        to: id(1, within(1)?),
        properties: properties(json!({ "weight": number % 10 })),
        realm: realm()?,
        valid_from: moment(number)?,
        recorded_at: moment(number)?,
        version: 1,
    })
}

async fn walk(store: &Embedded, org: OrgId, nodes: usize) -> Result<(), BoxError> {
    let realms = Realms::Only(vec![realm()?]);
    let mut dice = Dice(3);
    let (mut micros, mut busy, mut met, mut between) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..1_000 {
        let start: NodeId = id(1, usize::try_from(dice.roll())? % nodes);
        let ask = Expand {
            nodes: &[start],
            depth: 2,
            direction: Direction::Both,
            kinds: &[],
            labels: &[],
            limit: 500,
            work: Expand::WORK,
        };
        let (before, started) = (busy_nanos()?, Instant::now());
        let found = store.expand(Scope { org, realms: &realms }, ask).await?;
        micros.push(started.elapsed().as_micros());
        busy.push((busy_nanos()? - before) / 1_000);
        met += found.nodes.len();
        between += found.edges.len();
    }
    for (what, times) in [("passed", micros), ("busy", busy.into_iter().map(u128::from).collect())]
    {
        let mut times: Vec<u128> = times;
        times.sort_unstable();
        println!(
            "expand {what:<8} p50 {} µs, p99 {} µs, most {} µs; {} nodes and {} edges each",
            times[500],
            times[990],
            times[999],
            met / 1_000,
            between / 1_000
        );
    }
    Ok(())
}

/// How long the threads of this process have run in all: what a walk takes when nobody else wants the machine.
fn busy_nanos() -> Result<u64, BoxError> {
    let mut nanos = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let Ok(about) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
        nanos += about.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(nanos)
}

fn report(what: &str, started: Instant, items: usize, folder: &Path) -> Result<(), BoxError> {
    println!(
        "{what:<12} {:>6.2} s {items:>8} {:>6} MB resident, {:>5} MB of files",
        started.elapsed().as_secs_f64(),
        resident("VmRSS")?,
        size(folder)? >> 20,
    );
    Ok(())
}

/// A line of what the kernel says of this process, in MB.
fn resident(line: &str) -> Result<u64, BoxError> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|it| it.strip_prefix(line)).ok_or("no such line")?;
    let kilobytes: String = line.chars().filter(char::is_ascii_digit).collect();
    Ok(kilobytes.parse::<u64>()? >> 10)
}

fn size(folder: &Path) -> Result<u64, BoxError> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
