//! Keeps the sequencer turning.

use std::time::Duration;

use agentcy_platform::{
    Platform,
    lifecycle::Lifecycle,
    order::{Sequencer, Turn},
    wake::Bell,
};

use crate::outage::Outage;

/// How long new rows wait for their number at most, while we hold the lease and nobody has rung for them.
const PAUSE: Duration = Duration::from_millis(50);
/// How often we look whether the lease is free, and how long a store that is away is left alone.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut sequencer = Sequencer::new(&platform);
    let mut outage = Outage::new("numbering what is committed");
    let mut written = platform.listen(Bell::Written);
    while !lifecycle.is_stopping() {
        let turn = sequencer.turn(&platform).await;
        outage.note(&turn);
        let pause = async {
            match turn {
                Ok(Turn::More) => {}
                Ok(Turn::Idle) => written.wait(PAUSE).await,
                Ok(Turn::Waiting) | Err(_) => tokio::time::sleep(WAIT).await,
            }
        };
        tokio::select! {
            () = pause => {}
            () = lifecycle.stopping() => {}
        }
    }
    if let Err(error) = sequencer.release(&platform).await {
        tracing::debug!(error = %error, "the sequencer's lease runs out by itself");
    }
}
