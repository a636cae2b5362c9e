//! Runs: the loop, tools, approvals, event log. Here so far: the gate that every tool call passes.

mod gate;
pub mod log;

pub use gate::{Gate, Starter, gate};
