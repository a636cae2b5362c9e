//! Job runners, the keeper of runs, the clock of tasks, the sequencer and the projector: what goes on without a request.

pub mod daemon;
mod housekeeping;
mod outage;
mod projector;
mod runners;
mod runs;
mod scheduler;
mod sequencer;

use agentcy_agent::Runs;
use agentcy_platform::{Platform, lifecycle::Lifecycle};

pub use runners::start_runners;

/// Starts every background loop of a server. They end when it stops.
pub fn start(platform: &Platform, runs: &Runs, lifecycle: &Lifecycle) {
    lifecycle.spawn(sequencer::run(platform.clone(), lifecycle.clone()));
    lifecycle.spawn(projector::run(platform.clone(), lifecycle.clone()));
    lifecycle.spawn(housekeeping::run(platform.clone(), lifecycle.clone()));
    lifecycle.spawn(scheduler::run(platform.clone(), lifecycle.clone()));
    start_runners(platform, lifecycle);
    runners::start_tasks(platform, runs, lifecycle);
    runs::start(platform, runs, lifecycle);
}
