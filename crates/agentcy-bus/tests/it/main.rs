//! The bus as its callers see it: one suite for both engines, and what only a server can do wrong.
#![expect(clippy::disallowed_methods, reason = "tests find their Redis through the environment")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail")]

mod contract;
mod cost;
mod in_process;
mod on_redis;
mod outage;
mod server;
mod setup;
