//! Answers that stream through the real server, from a provider that costs next to nothing, beside a bare relay.
//!
//! The processor time is that of the server's process alone. Every answer is compared with what the provider sent.

mod commits;
mod relay;
mod stream;
mod upstream;

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

pub(crate) use self::relay::{OPTION as RELAY_OPTION, run as relay};
use self::{
    stream::{Question, Seen, Wire},
    upstream::Script,
};
use crate::{
    graph::client::Client,
    machine::Watch,
    measure::{ROUNDS, Spread},
    startup::{binary, folder, start},
};

/// How often each party is asked for its first text.
const ASKED: usize = 200;
/// How many answers come in a burst for a figure.
const BURSTS: usize = 100;
/// How many bursts run at once.
const AT_ONCE: usize = 4;
/// How many paced answers stream at once.
const PACED: usize = 64;
/// Ten milliseconds between two chunks.
const GAP: Duration = Duration::from_millis(10);

const ONE: Script = Script { chunks: 1, first: Duration::ZERO, gap: Duration::ZERO };
const BURST: Script = Script { chunks: 100, first: Duration::ZERO, gap: Duration::ZERO };
const STEADY: Script = Script { chunks: 100, first: Duration::ZERO, gap: GAP };

/// Measures it.
pub(crate) async fn measure() -> Result<Value> {
    let mut tasks = JoinSet::new();
    let provider = upstream::start(&mut tasks).await?;
    let relay = relay::start(provider).await?;
    let folder = folder()?;
    let server = start(&binary()?, folder.path(), &settings(provider)).await?;
    let product = Product::sign_in(server.address).await?;
    let watch = Watch::start()?;
    let others = [
        Party { name: "provider", pid: std::process::id(), address: provider, product: None },
        Party { name: "relay", pid: relay.pid, address: relay.address, product: None },
    ];
    let ours =
        Party { name: "product", pid: server.pid, address: server.address, product: Some(product) };

    let mut first = serde_json::Map::new();
    for millis in [0, 20] {
        let script =
            Script { chunks: 3, first: Duration::from_millis(millis), gap: Duration::ZERO };
        println!("\nto the first text, from a provider that sends it after {millis} ms");
        first.insert(format!("after_{millis}_ms"), first_text(&others, &ours, script).await?);
    }
    println!("\none chunk, {AT_ONCE} answers at once: what a turn costs by itself");
    let one = costs(&others[1], &ours, ONE, BURSTS, AT_ONCE).await?;
    println!("\n100 chunks in a burst, {AT_ONCE} answers at once (target: 1 ms of processor each)");
    let burst = costs(&others[1], &ours, BURST, BURSTS, AT_ONCE).await?;
    println!(
        "\n100 chunks, 100 a second, {PACED} answers at once (target: 3 ms of processor each)"
    );
    let paced = costs(&others[1], &ours, STEADY, PACED, PACED).await?;

    let foreign = watch.stop()?.foreign;
    server.stop().await?;
    let commits = commits::measure(provider).await?;
    Ok(json!({
        "first_text": first,
        "one": one,
        "burst": burst,
        "paced": paced,
        "commits": commits,
        "foreign_max": foreign,
    }))
}

/// What makes a server ask this provider.
fn settings(provider: SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("LLM_PROVIDER", "openai".to_owned()),
        ("LLM_BASE_URL", format!("http://{provider}/v1")),
        ("LLM_API_KEY", "sk-bench".to_owned()),
        ("LLM_MODEL", "bench".to_owned()),
        ("AGENTCY_EGRESS_ALLOW", "127.0.0.0/8".to_owned()),
    ]
}

/// Somebody with an API key.
struct Product {
    client: Client,
    key: String,
}

impl Product {
    async fn sign_in(address: SocketAddr) -> Result<Self> {
        let owner = Client::sign_in(address).await?;
        let new = json!({ "name": "bench", "role": "member" });
        let made = owner.post("/api/v1/api-keys", &new).await?;
        let key = made["key"].as_str().context("no key")?.to_owned();
        Ok(Self { client: Client::with_token(address, &key), key })
    }

    /// A question in a conversation of its own.
    async fn question(&self, address: SocketAddr, script: Script) -> Result<(Question, String)> {
        let made = self.client.post("/api/v1/chat/conversations", &json!({})).await?;
        let id = made["id"].as_str().context("no id")?.to_owned();
        let question = Question {
            address,
            path: format!("/api/v1/chat/conversations/{id}/messages"),
            head: format!("authorization: Bearer {}\r\n", self.key),
            body: json!({ "content": script.question() }).to_string(),
            script,
            wire: Wire::Product,
        };
        Ok((question, id))
    }
}

/// Whom to ask.
struct Party {
    name: &'static str,
    pid: u32,
    address: SocketAddr,
    /// None where the provider's own wire comes back.
    product: Option<Product>,
}

impl Party {
    async fn questions(&self, script: Script, many: usize) -> Result<Vec<Question>> {
        let mut questions = Vec::new();
        for _ in 0..many {
            questions.push(match &self.product {
                Some(product) => product.question(self.address, script).await?.0,
                None => Question {
                    address: self.address,
                    path: "/".to_owned(),
                    head: String::new(),
                    body: json!({ "content": script.question() }).to_string(),
                    script,
                    wire: Wire::Provider,
                },
            });
        }
        Ok(questions)
    }
}

/// How soon the first text comes from each, asked in turn.
async fn first_text(others: &[Party], ours: &Party, script: Script) -> Result<Value> {
    let parties: Vec<&Party> = others.iter().chain([ours]).collect();
    let mut asked = Vec::new();
    for party in &parties {
        asked.push((party.questions(script, ASKED).await?, Vec::new()));
    }
    for turn in 0..ASKED {
        for (questions, millis) in &mut asked {
            millis.push(questions[turn].ask().await?.first.as_secs_f64() * 1e3);
        }
    }
    let mut told = serde_json::Map::new();
    let mut direct = None;
    for (party, (_, millis)) in parties.iter().zip(asked) {
        let (p50, p99) = (percentile(&millis, 50), percentile(&millis, 99));
        let (base50, base99) = *direct.get_or_insert((p50, p99));
        let (more50, more99) = (p50 - base50, p99 - base99);
        println!(
            "  {:<10} p50 {p50:.2} ms, p99 {p99:.2} ms; over the provider p50 {more50:.2} ms, p99 {more99:.2} ms",
            party.name
        );
        told.insert(
            party.name.to_owned(),
            json!({ "p50_ms": p50, "p99_ms": p99, "over_p50_ms": more50, "over_p99_ms": more99 }),
        );
    }
    Ok(Value::Object(told))
}

/// What answers cost the relay and the product, in turn.
async fn costs(
    relay: &Party,
    ours: &Party,
    script: Script,
    many: usize,
    at_once: usize,
) -> Result<Value> {
    let mut figures = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for round in 0..=ROUNDS {
        for (party, (cpu, late)) in [relay, ours].into_iter().zip(&mut figures) {
            let questions = party.questions(script, many).await?;
            let before = spent(party.pid)?;
            let seen = ask_all(questions, at_once).await?;
            let used = spent(party.pid)?.saturating_sub(before);
            // Once unmeasured.
            if round > 0 {
                cpu.push(used.as_secs_f64() * 1e3 / f64::from(u32::try_from(many)?));
                let gaps = script.gap * u32::try_from(script.chunks - 1)?;
                late.extend(
                    seen.iter().map(|it| it.whole.saturating_sub(gaps).as_secs_f64() * 1e3),
                );
            }
        }
    }
    let mut told = serde_json::Map::new();
    for (party, (cpu, late)) in [relay, ours].into_iter().zip(figures) {
        let (cpu, p99) = (Spread::of(cpu), percentile(&late, 99));
        println!(
            "  {:<10} {cpu:.2} ms of processor each; the end p99 {p99:.1} ms after it could come",
            party.name
        );
        told.insert(party.name.to_owned(), json!({ "cpu_ms": cpu.json(), "late_p99_ms": p99 }));
    }
    Ok(Value::Object(told))
}

async fn ask_all(questions: Vec<Question>, at_once: usize) -> Result<Vec<Seen>> {
    let places = Arc::new(Semaphore::new(at_once));
    let mut tasks = JoinSet::new();
    for question in questions {
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let _place = places.acquire().await?;
            question.ask().await
        });
    }
    let mut seen = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        seen.push(answer??);
    }
    Ok(seen)
}

/// The processor time of the threads that a process has.
pub(crate) fn spent(pid: u32) -> Result<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // It may end while we look.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let ran = text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
        nanos += ran.unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}

fn percentile(millis: &[f64], percent: usize) -> f64 {
    let mut sorted = millis.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
