//! Runs: the loop, tools, approvals, event log.
