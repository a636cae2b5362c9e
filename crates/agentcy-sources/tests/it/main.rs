//! Connectors from the outside, and the guard of the file system.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

mod catalog;
mod csv;
mod files;
mod git;
mod http;
mod json;
mod postgres;
mod server;
mod stage;
