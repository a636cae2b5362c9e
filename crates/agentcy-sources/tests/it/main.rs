//! Connectors from the outside, and the guard of the file system.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

mod catalog;
mod csv;
mod files;
mod http;
mod json;
mod server;
mod stage;
