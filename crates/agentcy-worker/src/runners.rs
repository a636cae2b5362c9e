//! Keeps runners of jobs turning. When the process stops they give back what they hold.

use std::sync::Arc;

use agentcy_agent::{Runs, tasks};
use agentcy_platform::{
    Platform,
    jobs::{HEARTBEAT, Kind, POLL, Runner},
    lifecycle::Lifecycle,
    sync,
    wake::Bell,
};

use crate::{keep::keep, outage::Outage};

/// Starts a runner of the jobs of sources.
pub fn start_runners(platform: &Platform, lifecycle: &Lifecycle) {
    start(platform, lifecycle, sync::kinds());
}

/// Starts a runner of the jobs that begin tasks. It has places of its own: a sync that takes long holds up no task.
pub(crate) fn start_tasks(platform: &Platform, runs: &Runs, lifecycle: &Lifecycle) {
    start(platform, lifecycle, tasks::kinds(runs));
}

fn start(
    platform: &Platform,
    lifecycle: &Lifecycle,
    kinds: impl IntoIterator<Item = Arc<dyn Kind>>,
) {
    let runner = Runner::new(platform, lifecycle, kinds);
    let beats = runner.clone();
    keep(platform, lifecycle, "claiming jobs", move |of, stops| claim(runner.clone(), of, stops));
    keep(platform, lifecycle, "keeping jobs", move |of, stops| beat(beats.clone(), of, stops));
}

async fn claim(runner: Runner, platform: Platform, lifecycle: Lifecycle) {
    let mut outage = Outage::new("claiming jobs");
    let mut due = platform.listen(Bell::Due);
    while !lifecycle.is_stopping() {
        outage.note(&runner.claim().await);
        tokio::select! {
            () = due.wait(POLL) => {}
            () = runner.ended() => {}
            () = lifecycle.stopping() => {}
        }
    }
    runner.drain().await;
}

async fn beat(runner: Runner, platform: Platform, lifecycle: Lifecycle) {
    let mut outage = Outage::new("keeping held jobs");
    let mut stop = platform.listen(Bell::Stop);
    loop {
        tokio::select! {
            () = stop.wait(HEARTBEAT) => {}
            () = lifecycle.stopping() => return,
        }
        outage.note(&runner.beat().await);
    }
}
