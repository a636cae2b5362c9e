//! Runs: the loop, tools, approvals, event log. Here so far: the gate that every tool call passes.

mod gate;

pub use gate::{Gate, Starter, gate};
