//! `agentcy serve`: the whole product in one process.

use std::time::Duration;

use agentcy_agent::Runs;
use agentcy_api::{AppState, Beside, http::serve::serve, router};
use agentcy_config::Config;
use agentcy_platform::{
    first_start::{DEFAULT_PASSWORD, FirstStart, first_start},
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
    time::{Instant, sleep},
};

use crate::{compose, log};

/// How often what was counted is added up.
const UPKEEP: Duration = Duration::from_secs(5);
/// Bounds of the histograms of times, in seconds.
const BUCKETS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0];

/// Runs until it is told to stop.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    log::init(&config)?;
    let lifecycle = Lifecycle::default();
    watch_signals(&lifecycle)?;

    // Before anything is started: an address in use is the most common fault, and the cheapest to find.
    let bind = config.server.bind;
    let listener = listen(&config).await?;
    let metrics = record(&lifecycle)?;
    let Some(assembly) = compose::start(&config, &lifecycle).await? else { return Ok(()) };
    let platform = assembly.platform.clone();

    let password =
        config.auth.admin_password.clone().unwrap_or_else(|| SecretString::from(DEFAULT_PASSWORD));
    let first = first_start(&platform, &config.auth.admin_email, &password).await?;
    keep_at_home(&config, &first)?;
    workers::keep_here_without_them(&platform).await?;
    let http = compose::http(&config)?;
    let url = http.public_url.clone();
    let runs = Runs::new(&platform, &lifecycle);
    let state = AppState::new(platform.clone(), runs.clone(), lifecycle.clone(), http, metrics);
    agentcy_worker::start(&platform, &runs, &lifecycle);

    let millis = started.elapsed().as_millis();
    tracing::info!(%bind, ready.millis = millis, version = env!("CARGO_PKG_VERSION"), "agentcy is ready");
    welcome(&config, &url, &first);
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
pub(super) fn record(lifecycle: &Lifecycle) -> anyhow::Result<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let metrics =
        PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS)?.install_recorder()?;
    let counted = metrics.clone();
    lifecycle.spawn(add_up(lifecycle.clone(), move || counted.run_upkeep()));
    Ok(metrics)
}

/// Each sample takes room until it is added to the others, and nobody may ever look at `/metrics`.
async fn add_up(lifecycle: Lifecycle, upkeep: impl Fn()) {
    loop {
        tokio::select! {
            () = sleep(UPKEEP) => upkeep(),
            () = lifecycle.stopping() => return,
        }
    }
}

/// The default password is good on this machine alone, so a server that others can reach does not start with it.
fn keep_at_home(config: &Config, first: &FirstStart) -> anyhow::Result<()> {
    if let Some(email) = &first.default_login
        && config.server.exposed
    {
        bail!(
            "{email} still has the password `{DEFAULT_PASSWORD}`, which the first start on these data gave them; start \
             where only this machine reaches the server (AGENTCY_BIND on loopback, no AGENTCY_PUBLIC_URL, no \
             AGENTCY_TRUSTED_PROXIES), sign in and change it"
        );
    }
    Ok(())
}

/// Says where it is and how to sign in.
fn welcome(config: &Config, url: &url::Url, first: &FirstStart) {
    crate::output::say(&format!("\n  agentcy is ready at {url}\n  API reference: {url}docs"));
    if !agentcy_ui::is_built(agentcy_ui::embedded) {
        crate::output::say("  The web UI is not in this build: see frontend/README.md.");
    }
    if let Some(email) = &first.default_login {
        crate::output::say(&format!(
            "  Sign in as {email} / {DEFAULT_PASSWORD}, from this machine only; change the password before others come in.\n",
        ));
    } else if first.made {
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_counted_is_added_up_though_nobody_looks_until_the_stop() {
        let lifecycle = Lifecycle::default();
        let times = Arc::new(AtomicU32::new(0));
        let upkeep = {
            let times = Arc::clone(&times);
            move || {
                times.fetch_add(1, Ordering::Relaxed);
            }
        };
        lifecycle.spawn(add_up(lifecycle.clone(), upkeep));
        sleep(UPKEEP * 10 + UPKEEP / 2).await;
        assert_eq!(times.load(Ordering::Relaxed), 10);
        assert!(lifecycle.wait(GRACE).await);
        assert_eq!(times.load(Ordering::Relaxed), 10);
    }
}
