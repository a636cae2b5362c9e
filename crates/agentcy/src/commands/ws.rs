//! `agentcy ws`: the WebSocket façade, without the rest of a server.

use agentcy_agent::Runs;
use agentcy_api::{AppState, http::serve::serve, sockets_alone};
use agentcy_config::Config;
use agentcy_platform::{
    first_start::notice_default_login,
    lifecycle::{GRACE, Lifecycle},
};
use agentcy_ws::Sockets;
use anyhow::bail;

use super::serve::{listen, record, watch_signals};
use crate::{compose, log};

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    log::init(&config)?;
    let lifecycle = Lifecycle::default();
    watch_signals(&lifecycle)?;
    let listener = listen(&config).await?;
    let metrics = record(&lifecycle)?;
    let config = compose::with_signing(&config)?;
    let Some(assembly) = compose::start_beside(&config, &lifecycle).await? else { return Ok(()) };
    let platform = assembly.platform.clone();
    notice_default_login(&platform).await?;
    let http = compose::http(&config)?;
    let runs = Runs::new(&platform, &lifecycle);
    let state = AppState::new(platform.clone(), runs.clone(), lifecycle.clone(), http, metrics);
    let sockets = agentcy_ws::router(Sockets::new(&platform, &runs, &lifecycle));

    let bind = config.server.bind;
    tracing::info!(%bind, version = env!("CARGO_PKG_VERSION"), "the WebSocket is ready");
    serve(listener, sockets_alone(state, sockets), lifecycle.clone()).await;

    tracing::info!("stopping: sockets are closed");
    if !lifecycle.wait(GRACE).await {
        tracing::warn!("some sockets did not close in time");
    }
    assembly.close().await;
    tracing::info!("stopped");
    lifecycle.failure().map_or(Ok(()), |why| bail!("{why}"))
}
