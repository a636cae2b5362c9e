//! `agentcy worker`: the runners of jobs without the rest of a server, or a daemon that collects for one elsewhere.

use std::sync::Arc;

use agentcy_config::Config;
use agentcy_core::clock::SystemEntropy;
use agentcy_egress::Egress;
use agentcy_platform::lifecycle::{GRACE, Lifecycle};
use agentcy_sdk::Client;
use agentcy_sources::Catalog;
use agentcy_worker::daemon::{self, Daemon};
use anyhow::Context;
use url::Url;

use super::serve::watch_signals;
use crate::{cli::Worker, compose, log};

/// Runs until it is told to stop.
pub(crate) async fn run(options: Worker, config: Config) -> anyhow::Result<()> {
    log::init(&config)?;
    let lifecycle = Lifecycle::default();
    watch_signals(&lifecycle)?;
    match options.server.clone() {
        Some(server) => elsewhere(options, server, config, &lifecycle).await?,
        None => beside(&config, &lifecycle).await?,
    }
    tracing::info!("stopped");
    Ok(())
}

/// Over the database of the server.
async fn beside(config: &Config, lifecycle: &Lifecycle) -> anyhow::Result<()> {
    let Some(assembly) = compose::start_beside(config, lifecycle).await? else { return Ok(()) };
    agentcy_worker::start_runners(&assembly.platform, lifecycle);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the worker is ready");
    lifecycle.stopping().await;
    tracing::info!("stopping: held jobs are given back");
    if !lifecycle.wait(GRACE).await {
        tracing::warn!("some jobs were not given back in time; their leases run out");
    }
    assembly.close().await;
    Ok(())
}

/// Over the API of the server.
async fn elsewhere(
    options: Worker,
    server: Url,
    config: Config,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let token = config.auth.worker_token.context(
        "set WORKER_TOKEN to that of the server, or WORKER_TOKEN_FILE to a file that holds it",
    )?;
    let folders = config.egress.files_allow;
    let daemon = Daemon {
        client: Client::new(server)?.with_token(token),
        name: options.name.unwrap_or_else(machine),
        labels: options.labels.into_iter().collect(),
        capacity: options.capacity,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        connectors: Catalog::built_in(),
        egress: Egress::new(config.egress.allow),
        // Folders without an org are the first org's, which only the server knows.
        files_allow: folders
            .into_iter()
            .filter_map(|folder| Some((folder.org_id?, folder.path)))
            .collect(),
        cache: options.cache,
        entropy: Arc::new(SystemEntropy),
    };
    let ended = daemon::run(daemon, lifecycle).await;
    lifecycle.wait(GRACE).await;
    Ok(ended?)
}

/// What the machine is called.
fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "worker".to_owned() } else { name }
}
