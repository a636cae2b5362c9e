//! Logs and traces.

use tracing_subscriber::EnvFilter;

use crate::{
    fault::{Faulty, object},
    reader::Reader,
    setting::Setting,
};

const RUST_LOG: Setting = Setting::open(
    "RUST_LOG",
    Some("info,sqlx=warn"),
    "What is logged, such as info,agentcy_store=debug.",
);
const OTEL_ENDPOINT: Setting = Setting::open(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    None,
    "Reserved: this release exports no traces and refuses to start when it is set.",
);

pub(crate) const SETTINGS: &[Setting] = &[RUST_LOG, OTEL_ENDPOINT];

/// Logs and traces.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// What is logged, as a filter that was checked.
    pub filter: String,
}

impl Telemetry {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Faulty> {
        let filter = reader.value(&RUST_LOG, |text| match EnvFilter::try_new(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => object(
                format!("is not a log filter: {error}"),
                "write it like info,agentcy_store=debug",
            ),
        });
        let endpoint = reader.optional(&OTEL_ENDPOINT, |_| {
            object::<()>("is set, but this release has no trace export", "unset it")
        });
        endpoint?;
        Ok(Self { filter: filter? })
    }
}
