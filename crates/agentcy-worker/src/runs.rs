//! Keeps the runs of a server turning: takes up what is due, and beats for what is held.

use agentcy_agent::{
    Runs,
    runs::{HEARTBEAT, POLL},
};
use agentcy_platform::{Platform, lifecycle::Lifecycle, wake::Bell};

use crate::{keep::keep, outage::Outage};

/// Starts the keeper. When the process stops it gives back what it holds.
pub(crate) fn start(platform: &Platform, runs: &Runs, lifecycle: &Lifecycle) {
    let (claims, beats) = (runs.clone(), runs.clone());
    keep(platform, lifecycle, "taking runs up", move |of, stops| claim(claims.clone(), of, stops));
    keep(platform, lifecycle, "keeping runs", move |of, stops| beat(beats.clone(), of, stops));
}

async fn claim(runs: Runs, platform: Platform, lifecycle: Lifecycle) {
    let mut outage = Outage::new("taking runs up");
    let mut bell = platform.listen(Bell::Runs);
    while !lifecycle.is_stopping() {
        outage.note(&runs.claim().await);
        tokio::select! {
            () = bell.wait(POLL) => {}
            () = runs.ended(), if runs.is_full() => {}
            () = lifecycle.stopping() => {}
        }
    }
    runs.drain().await;
}

// Beats go on while the rest is given back: that may take longer than a lease.
async fn beat(runs: Runs, platform: Platform, lifecycle: Lifecycle) {
    let mut outage = Outage::new("keeping held runs");
    let mut bell = platform.listen(Bell::Runs);
    while !(lifecycle.is_stopping() && runs.is_idle()) {
        let pause = if lifecycle.is_stopping() { POLL } else { HEARTBEAT };
        tokio::select! {
            () = bell.wait(pause) => {}
            () = lifecycle.stopping(), if pause == HEARTBEAT => {}
        }
        outage.note(&runs.beat().await);
    }
}
