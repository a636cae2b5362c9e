//! `agentcy worker`: the runners of jobs, without the rest of a server.

use agentcy_config::Config;
use agentcy_platform::lifecycle::{GRACE, Lifecycle};

use super::serve::watch_signals;
use crate::{compose, log};

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    log::init(&config)?;
    let lifecycle = Lifecycle::default();
    watch_signals(&lifecycle)?;
    let assembly = compose::assemble_beside(&config, &lifecycle).await?;
    agentcy_worker::start_runners(&assembly.platform, &lifecycle);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the worker is ready");
    lifecycle.stopping().await;
    tracing::info!("stopping: held jobs are given back");
    if !lifecycle.wait(GRACE).await {
        tracing::warn!("some jobs were not given back in time; their leases run out");
    }
    assembly.close().await;
    tracing::info!("stopped");
    Ok(())
}
