//! Connectors from the outside, and the guard of the file system.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests are set up by the environment, and a fixture that cannot be made fails its test"
)]

mod cache;
mod catalog;
mod csv;
mod files;
mod git;
mod http;
mod json;
mod postgres;
mod server;
mod stage;
