//! Runs on a real PostgreSQL, a database a test.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod approvals;
mod builtin;
mod hostile;
mod lab;
mod rights;
mod run;
mod stage;
mod tasks;
mod tools;
