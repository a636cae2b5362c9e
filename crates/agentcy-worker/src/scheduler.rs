//! Keeps the clock of tasks turning.

use std::time::Duration;

use agentcy_platform::{Platform, lifecycle::Lifecycle, tasks::Scheduler};

/// How long a store that is away is left alone.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut scheduler = Scheduler::default();
    let mut failed = false;
    while !lifecycle.is_stopping() {
        let pause = match scheduler.turn(&platform).await {
            Ok(pause) => {
                failed = false;
                pause
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                if failed {
                    tracing::debug!(error, "schedules can still not be followed");
                } else {
                    tracing::warn!(error, "schedules could not be followed");
                }
                failed = true;
                WAIT
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = lifecycle.stopping() => {}
        }
    }
}
