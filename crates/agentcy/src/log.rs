//! Where log lines go: stderr, for people or for machines.

use agentcy_config::{Config, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::output;

/// Sets the log up for the whole process.
pub(crate) fn init(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.telemetry.filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    match config.server.log {
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_current_span(false);
            registry.with(layer.with_span_list(true).with_writer(std::io::stderr)).try_init()?;
        }
        LogFormat::Pretty => {
            let layer = fmt::layer().with_ansi(output::has_colours()).with_target(false);
            registry.with(layer.with_writer(std::io::stderr)).try_init()?;
        }
    }
    std::panic::set_hook(Box::new(|panic| {
        // Without the payload, which may hold anything; the place is what somebody needs.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.place = place, "a task panicked");
    }));
    Ok(())
}
