//! Tells how much waits and what is in use, for whoever watches the server.

use std::time::Duration;

use agentcy_platform::{Platform, gauges::Gauges, lifecycle::Lifecycle};

use crate::outage::Outage;

const EVERY: Duration = Duration::from_secs(15);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut gauges = Gauges::default();
    let mut outage = Outage::new("counting what waits");
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = lifecycle.stopping() => return,
        }
        outage.note(&gauges.turn(&platform).await);
    }
}
