//! The agentcy binary.
fn main() {}
