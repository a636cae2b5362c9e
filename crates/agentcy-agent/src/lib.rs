//! Runs: the loop, tools, approvals, event log.

pub mod approvals;
mod gate;
pub mod log;
mod run;
pub mod runs;
pub mod tasks;
pub mod tools;

pub use gate::{Gate, Starter, Why, gate};
pub use runs::Runs;
