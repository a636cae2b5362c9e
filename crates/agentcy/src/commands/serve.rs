//! `agentcy serve`: the whole product in one process.

use agentcy_agent::Runs;
use agentcy_api::{AppState, Beside, http::serve::serve, router};
use agentcy_config::Config;
use agentcy_platform::{
    Platform,
    auth::default_login_in_force,
    first_start::{FirstStart, first_start},
    lifecycle::{GRACE, Lifecycle},
    workers,
};
use agentcy_ws::Sockets;
use anyhow::{Context, bail};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use crate::{compose, log};

/// Bounds of the histograms of times, in seconds.
const BUCKETS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    log::init(&config)?;
    let lifecycle = Lifecycle::default();
    watch_signals(&lifecycle)?;

    // Before anything is started: an address in use is the most common fault, and the cheapest to find.
    let bind = config.server.bind;
    let listener = listen(&config).await?;
    let metrics = record()?;
    let Some(assembly) = compose::start(&config, &lifecycle).await? else { return Ok(()) };
    let platform = assembly.platform.clone();

    let password =
        config.auth.admin_password.clone().unwrap_or_else(|| SecretString::from("admin"));
    let first = first_start(&platform, &config.auth.admin_email, &password).await?;
    workers::keep_here_without_them(&platform).await?;
    let http = compose::http(&config)?;
    let url = http.public_url.clone();
    let runs = Runs::new(&platform, &lifecycle);
    let state = AppState::new(platform.clone(), runs.clone(), lifecycle.clone(), http, metrics);
    agentcy_worker::start(&platform, &runs, &lifecycle);

    let millis = started.elapsed().as_millis();
    tracing::info!(%bind, ready.millis = millis, version = env!("CARGO_PKG_VERSION"), "agentcy is ready");
    welcome(&config, &platform, &url, first);
    let beside = Beside {
        sockets: agentcy_ws::router(Sockets::new(&platform, &runs, &lifecycle)),
        pages: agentcy_ui::router(agentcy_ui::embedded),
    };
    serve(listener, router(state, beside), lifecycle.clone()).await;

    tracing::info!("stopping: open requests may finish");
    if !lifecycle.wait(GRACE).await {
        tracing::warn!("some requests did not finish in time");
    }
    assembly.close().await;
    tracing::info!("stopped");
    lifecycle.failure().map_or(Ok(()), |why| bail!("{why}"))
}

/// Takes the address that the settings name.
pub(super) async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let bind = config.server.bind;
    TcpListener::bind(bind).await.with_context(|| {
        format!("{bind} cannot be listened on; set AGENTCY_BIND to another address")
    })
}

/// From now on what happens is counted.
pub(super) fn record() -> anyhow::Result<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS)?.install_recorder()?)
}

/// Says where it is and how to sign in.
fn welcome(config: &Config, platform: &Platform, url: &url::Url, first: FirstStart) {
    crate::output::say(&format!("\n  agentcy is ready at {url}\n  API reference: {url}docs"));
    if !agentcy_ui::is_built(agentcy_ui::embedded) {
        crate::output::say("  The web UI is not in this build: see frontend/README.md.");
    }
    if default_login_in_force(platform) {
        crate::output::say(
            "  Sign in as admin@localhost / admin, from this machine only; change the password before others come in.\n",
        );
    } else if matches!(first, FirstStart::Made { .. }) {
        let email = &config.auth.admin_email;
        crate::output::say(&format!("  Sign in as {email} with the password you set.\n"));
    }
}

/// The first SIGINT or SIGTERM stops softly, the second at once.
pub(super) fn watch_signals(lifecycle: &Lifecycle) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let lifecycle = lifecycle.clone();
    lifecycle.clone().spawn_beyond(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if lifecycle.is_stopping() {
                tracing::warn!("asked twice: stopping at once");
                lifecycle.stop_now();
            }
            lifecycle.stop();
        }
    });
    Ok(())
}
