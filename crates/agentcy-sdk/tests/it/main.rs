//! The client against a server that answers by script.
#![expect(clippy::disallowed_methods, reason = "a test server is no task of the product")]

mod bodies;
mod faults;
mod secrets;
mod server;
