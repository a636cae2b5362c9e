//! Keeps a runner of jobs turning.

use agentcy_platform::{
    Platform,
    jobs::{HEARTBEAT, POLL, Runner},
    lifecycle::Lifecycle,
    sync,
    wake::Bell,
};

/// Starts runners of every kind of job. When the process stops they give back what they hold.
pub fn start_runners(platform: &Platform, lifecycle: &Lifecycle) {
    let runner = Runner::new(platform, lifecycle, sync::kinds());
    lifecycle.spawn(claim(runner.clone(), platform.clone(), lifecycle.clone()));
    lifecycle.spawn(beat(runner, platform.clone(), lifecycle.clone()));
}

async fn claim(runner: Runner, platform: Platform, lifecycle: Lifecycle) {
    let mut due = platform.listen(Bell::Due);
    while !lifecycle.is_stopping() {
        if let Err(error) = runner.claim().await {
            tracing::warn!(error = %error, "no job could be claimed");
        }
        tokio::select! {
            () = due.wait(POLL) => {}
            () = runner.ended() => {}
            () = lifecycle.stopping() => {}
        }
    }
    runner.drain().await;
}

async fn beat(runner: Runner, platform: Platform, lifecycle: Lifecycle) {
    let mut stop = platform.listen(Bell::Stop);
    loop {
        tokio::select! {
            () = stop.wait(HEARTBEAT) => {}
            () = lifecycle.stopping() => return,
        }
        if let Err(error) = runner.beat().await {
            tracing::warn!(error = %error, "held jobs could not be kept");
        }
    }
}
