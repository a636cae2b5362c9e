//! Sweeps some minutes after the start, and then once an hour.

use std::time::Duration;

use agentcy_core::Chain;
use agentcy_platform::{Platform, housekeeping, lifecycle::Lifecycle, sources};

const EVERY: Duration = Duration::from_hours(1);
/// Not at the start, where a user waits for the first answer; but a process that lives for less than an hour sweeps too.
const FIRST: Duration = Duration::from_mins(5);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = lifecycle.stopping() => return,
        }
        pause = EVERY;
        if let Err(error) = housekeeping::sweep(&platform).await {
            tracing::warn!(error = %Chain(&error), "what has expired could not be swept");
        }
        sources::sweep_caches(&platform).await;
    }
}
