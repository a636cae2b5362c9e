//! Keeps the clock of tasks turning.

use std::time::Duration;

use agentcy_platform::{Platform, lifecycle::Lifecycle, tasks::Scheduler};

use crate::outage::Outage;

/// How long a store that is away is left alone.
const WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn run(platform: Platform, lifecycle: Lifecycle) {
    let mut scheduler = Scheduler::default();
    let mut outage = Outage::new("following schedules");
    while !lifecycle.is_stopping() {
        let turn = scheduler.turn(&platform).await;
        outage.note(&turn);
        let pause = turn.unwrap_or(WAIT);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = lifecycle.stopping() => {}
        }
    }
}
