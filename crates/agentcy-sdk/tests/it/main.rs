//! The client against a server that answers by script.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test server is no task of the product, and a test that cannot go on fails"
)]

mod bodies;
mod chat;
mod events;
mod faults;
mod secrets;
mod server;
mod tasks;
