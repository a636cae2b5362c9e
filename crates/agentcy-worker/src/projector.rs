//! Keeps the graphs behind the ledger no longer than they need to be.

use std::time::Duration;

use agentcy_platform::{
    Platform,
    lifecycle::Lifecycle,
    projection::{Projector, Turn},
    wake::Bell,
};

use crate::outage::Outage;

/// How often we look for changes that nobody has rung for.
const PAUSE: Duration = Duration::from_millis(500);
/// How often we look whether the lease is free, and how long a store that is away is left alone.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut projector = Projector::new(&platform);
    let mut numbered = platform.listen(Bell::Numbered);
    let mut outage = Outage::new("keeping the graphs up with the ledger");
    while !lifecycle.is_stopping() {
        let turn = projector.turn(&platform).await;
        outage.note(&turn);
        let pause = async {
            match turn {
                Ok(Turn::More) => {}
                Ok(Turn::Idle) => numbered.wait(PAUSE).await,
                Ok(Turn::Waiting) | Err(_) => tokio::time::sleep(WAIT).await,
            }
        };
        tokio::select! {
            () = pause => {}
            () = lifecycle.stopping() => {}
        }
    }
    if let Err(error) = projector.finish(&platform).await {
        tracing::debug!(error = %error, "the projector's lease runs out by itself");
    }
}
