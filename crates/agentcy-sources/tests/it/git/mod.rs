//! The git connector, on repositories that the git command made.
#![expect(clippy::panic, clippy::expect_used, reason = "helpers of tests fail loudly")]

mod clone;
mod config;
mod docs;
mod guard;
mod history;
mod packing;
mod reach;
mod server;
mod sync;
mod tools;
mod world;
