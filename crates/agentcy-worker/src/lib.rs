//! Job runners, the keeper of runs, the clock of tasks, the sequencer and the projector: what goes on without a request.

pub mod daemon;
mod housekeeping;
mod keep;
mod outage;
mod projector;
mod runners;
mod runs;
mod scheduler;
mod sequencer;
mod watch;

use agentcy_agent::Runs;
use agentcy_platform::{Platform, lifecycle::Lifecycle};

use keep::keep;

pub use runners::start_runners;

/// Starts every background loop of a server. They end when it stops.
pub fn start(platform: &Platform, runs: &Runs, lifecycle: &Lifecycle) {
    keep(platform, lifecycle, "numbering", sequencer::run);
    keep(platform, lifecycle, "projecting", projector::run);
    keep(platform, lifecycle, "housekeeping", housekeeping::run);
    keep(platform, lifecycle, "scheduling", scheduler::run);
    keep(platform, lifecycle, "watching", watch::run);
    start_runners(platform, lifecycle);
    runners::start_tasks(platform, runs, lifecycle);
    runs::start(platform, runs, lifecycle);
}
