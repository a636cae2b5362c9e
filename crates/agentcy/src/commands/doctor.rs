//! `agentcy doctor`: settings, then everything the server stands on, each with its mend.

mod machine;
mod report;
mod server;
mod stores;

use agentcy_config::{Config, Environment, Faults};
use anyhow::bail;

pub(super) use self::machine::is_held;
use self::report::{Check, Report};
use crate::{cli::Doctor, exit::Exit};

/// Looks, tells, and fails when something is wrong.
pub(crate) async fn run(options: Doctor, json: bool) -> anyhow::Result<()> {
    let Doctor { config: settings_only, url, quiet } = options;
    let mut report = Report::default();
    let faults = match url {
        Some(url) => {
            report.add(server::ask(&url).await);
            None
        }
        // The embedded PostgreSQL makes it large.
        None => Box::pin(local(&mut report, settings_only)).await,
    };
    if quiet {
        return silent(&report, faults.as_ref());
    }
    report.print(json)?;
    match (faults, report.failed()) {
        (Some(faults), _) => Err(faults.into()),
        (None, 0) => Ok(()),
        (None, 1) => bail!("1 check failed"),
        (None, failed) => bail!("{failed} checks failed"),
    }
}

/// What this machine says: the settings, and unless only they are wanted, what they lead to.
async fn local(report: &mut Report, settings_only: bool) -> Option<Faults> {
    let config = match Config::from_environment(&Environment::read()) {
        Ok(config) => config,
        Err(faults) => {
            report.add(faults.iter().map(|fault| {
                Check::fail(fault.variable.as_str(), fault.wrong.as_str(), fault.mend.as_str())
            }));
            return Some(faults);
        }
    };
    report.settings = config.effective().to_vec();
    report.add([Check::ok("settings", "nothing is wrong with them")]);
    if settings_only {
        return None;
    }
    report.add(machine::data_dir(&config));
    if machine::is_held(&config) {
        // What it holds cannot be looked at beside it, so it is asked.
        report.add([Check::ok("process", "a server of this data folder runs; it is asked")]);
        report.add(server::ask_near(config.server.bind).await);
        return None;
    }
    // Side by side: each waits for itself alone when nobody answers.
    let (postgres, graph, bus, address) = tokio::join!(
        stores::postgres(&config),
        stores::graph(&config),
        stores::bus(&config),
        machine::bind(&config),
    );
    report.add([postgres, graph, bus, address]);
    None
}

/// The exit code alone. An error would be printed on its way out.
fn silent(report: &Report, faults: Option<&Faults>) -> anyhow::Result<()> {
    let code = match faults {
        Some(_) => Exit::Settings,
        None if report.failed() > 0 => Exit::Failure,
        None => return Ok(()),
    };
    std::process::exit(code as i32)
}
