//! Sweeps once an hour.

use std::time::Duration;

use agentcy_platform::{Platform, housekeeping, lifecycle::Lifecycle, sources};

const EVERY: Duration = Duration::from_hours(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    loop {
        // Not at the start, where a user waits for the first answer.
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = lifecycle.stopping() => return,
        }
        if let Err(error) = housekeeping::sweep(&platform).await {
            tracing::warn!(error = %error, "what has expired could not be swept");
        }
        sources::sweep_caches(&platform).await;
    }
}
