//! Keeps the sequencer turning.

use std::time::Duration;

use agentcy_platform::{
    Platform,
    lifecycle::Lifecycle,
    order::{Sequencer, Turn},
};

/// How long new rows wait for their number at most, while we hold the lease.
const PAUSE: Duration = Duration::from_millis(50);
/// How often we look whether the lease is free, and how long a store that is away is left alone.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut sequencer = Sequencer::new(&platform);
    while !lifecycle.is_stopping() {
        let pause = match sequencer.turn(&platform).await {
            Ok(Turn::More) => Duration::ZERO,
            Ok(Turn::Idle) => PAUSE,
            Ok(Turn::Waiting) => WAIT,
            Err(error) => {
                tracing::warn!(error = %error, "the sequencer could not turn");
                WAIT
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = lifecycle.stopping() => {}
        }
    }
    if let Err(error) = sequencer.release(&platform).await {
        tracing::debug!(error = %error, "the sequencer's lease runs out by itself");
    }
}
