//! The bench of the core: how soon it is ready, how much memory it takes, and what authentication, row-level
//! security and passwords cost. It prints figures and asserts none of them.
//!
//! `--force` measures although other programs take more than 15 % of the processor; `--quick` takes a second
//! instead of three for each part.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks on its output")]

mod load;
mod logins;
mod machine;
mod measure;
mod reads;
mod startup;
mod tenancy;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use agentcy_testkit::{app::TestApp, platform::TestPlatform};
use aide::axum::ApiRouter;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The most of the processor that other programs may take.
const FOREIGN: f64 = 0.15;

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    if let Some(unknown) = args.iter().find(|arg| !["--force", "--quick"].contains(&arg.as_str())) {
        eprintln!("unknown option `{unknown}`; known are --force and --quick");
        return ExitCode::from(2);
    }
    let part = Duration::from_secs(if has("--quick") { 1 } else { 3 });
    match run(part, has("--force")).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("the bench failed: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// False when the machine was too busy for its figures to be worth anything.
async fn run(part: Duration, force: bool) -> Result<bool> {
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

    let startup = startup::measure().await?;
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
    let reads = reads::measure(&app, part).await?;
    let tenancy = tenancy::measure(&app, part).await?;
    let logins = logins::measure(&app, part).await?;

    let raw = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "machine": machine,
        "foreign_before": foreign,
        "startup": startup,
        "read": reads,
        "row_level_security": tenancy,
        "logins": logins,
    });
    write(&raw)?;
    let busiest = [&raw["read"], &raw["row_level_security"], &raw["logins"]]
        .iter()
        .filter_map(|part| part["foreign_max"].as_f64())
        .fold(foreign, f64::max);
    if busiest > FOREIGN {
        println!(
            "\nother programs took up to {:.0} % of the processor: do not compare",
            busiest * 100.0
        );
    }
    Ok(busiest <= FOREIGN || force)
}

fn write(raw: &Value) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join("core.json");
    fs::write(&path, serde_json::to_vec_pretty(raw)?).context("the figures cannot be written")?;
    println!("\nraw figures: {}", path.canonicalize()?.display());
    Ok(())
}
