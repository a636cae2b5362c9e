//! The store against a real PostgreSQL.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests open the system door, spawn, read their environment, and fail loudly"
)]

mod chat;
mod deliveries;
mod embedded;
mod fitness;
mod grants;
mod housekeeping;
mod idempotency;
mod jobs;
mod leases;
mod ledger;
mod ledger_read;
mod plans;
mod retention;
mod sequencer;
mod sources;
mod tenancy;
mod world;
