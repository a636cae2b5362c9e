//! The bench: how soon the server is ready, how much memory it takes, what authentication, row-level security and
//! passwords cost, how the graph and its sources do, what an answer costs that streams, how many webhooks come in, how jobs are claimed, and what sockets cost. It prints
//! figures and asserts none of them.
//!
//! `--core`, `--graph`, `--chat`, `--hooks`, `--jobs` and `--ws` measure that part alone. `--force` measures although other programs take more than 15 % of the processor; `--quick` takes a second
//! instead of three for each part.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks on its output")]

mod chat;
mod graph;
mod hooks;
mod jobs;
mod load;
mod logins;
mod machine;
mod measure;
mod reads;
mod sockets;
mod startup;
mod tenancy;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use agentcy_testkit::{app::TestApp, platform::TestPlatform};
use aide::axum::ApiRouter;
use anyhow::{Context, Result};
use mimalloc::MiMalloc;
use serde_json::{Value, json};

/// As the server has it: what is measured in this process is measured alike.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The most of the processor that other programs may take.
const FOREIGN: f64 = 0.15;

/// The options there are.
const KNOWN: [&str; 8] =
    ["--chat", "--core", "--force", "--graph", "--hooks", "--jobs", "--quick", "--ws"];

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    if let [option, upstream] = args.as_slice()
        && option == chat::RELAY_OPTION
    {
        return match chat::relay(upstream).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    if let Some(unknown) = args.iter().find(|arg| !KNOWN.contains(&arg.as_str())) {
        eprintln!("unknown option `{unknown}`; known are {}", KNOWN.join(", "));
        return ExitCode::from(2);
    }
    let part = Duration::from_secs(if has("--quick") { 1 } else { 3 });
    let all = !["--core", "--graph", "--chat", "--hooks", "--jobs", "--ws"].into_iter().any(has);
    let wants = |name| all || has(name);
    let parts = Parts {
        core: wants("--core"),
        graph: wants("--graph"),
        chat: wants("--chat"),
        hooks: wants("--hooks"),
        jobs: wants("--jobs"),
        ws: wants("--ws"),
    };
    match run(parts, part, has("--force")).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("the bench failed: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// What is measured.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each part is asked for by itself")]
struct Parts {
    core: bool,
    graph: bool,
    chat: bool,
    hooks: bool,
    jobs: bool,
    ws: bool,
}

/// False when the machine was too busy for its figures to be worth anything.
async fn run(parts: Parts, part: Duration, force: bool) -> Result<bool> {
    let idle = machine::Watch::start()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let foreign = idle.stop()?.foreign;
    println!("other programs take {:.0} % of the processor", foreign * 100.0);
    if foreign > FOREIGN && !force {
        println!("that is more than {:.0} %: nothing is measured (--force does)", FOREIGN * 100.0);
        return Ok(false);
    }
    let machine = machine::describe()?;
    println!("{}", machine["summary"].as_str().unwrap_or_default());

    let mut raw = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "machine": machine,
        "foreign_before": foreign,
    });
    if parts.core {
        core(part, &mut raw).await?;
    }
    if parts.graph {
        raw["graph"] = graph::measure().await?;
    }
    if parts.chat {
        raw["chat"] = chat::measure().await?;
    }
    if parts.hooks {
        raw["hooks"] = hooks::measure(part).await?;
    }
    if parts.jobs {
        raw["jobs"] = jobs::measure().await?;
    }
    if parts.ws {
        raw["ws"] = sockets::measure().await?;
    }
    write(&raw)?;
    let busiest = ["read", "row_level_security", "logins", "graph", "chat", "hooks", "jobs", "ws"]
        .iter()
        .filter_map(|name| raw[name]["foreign_max"].as_f64())
        .fold(foreign, f64::max);
    if busiest > FOREIGN {
        println!(
            "\nother programs took up to {:.0} % of the processor: do not compare",
            busiest * 100.0
        );
    }
    Ok(busiest <= FOREIGN || force)
}

/// The ground: starting, signing in, reading.
async fn core(part: Duration, raw: &mut Value) -> Result<()> {
    raw["startup"] = startup::measure().await?;
    let stage = TestPlatform::with(|rules| {
        rules.auth.passwords = agentcy_platform::setup::PasswordCost::default();
        let most = 1_000_000_000;
        rules.rates.principal = most;
        rules.rates.anonymous = most;
        rules.rates.sign_in = most;
    })
    .await;
    let platform = stage.in_real_time();
    let app = TestApp::over(stage, platform, |_| {}, |_| ApiRouter::new()).await;
    raw["read"] = reads::measure(&app, part).await?;
    raw["row_level_security"] = tenancy::measure(&app, part).await?;
    raw["logins"] = logins::measure(&app, part).await?;
    Ok(())
}

fn write(raw: &Value) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join("figures.json");
    fs::write(&path, serde_json::to_vec_pretty(raw)?).context("the figures cannot be written")?;
    println!("\nraw figures: {}", path.canonicalize()?.display());
    Ok(())
}
