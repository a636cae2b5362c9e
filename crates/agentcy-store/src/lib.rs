//! Every SQL statement: migrations, row-level security, the sequencer, the embedded PostgreSQL.
//!
//! Functions over a row's table live in a module of the table's name and take a [`Tenant`] or a [`Tx`], which only a
//! permitted caller opens, or a [`SystemTx`] for what comes before the org is known.

pub mod agents;
pub mod api_keys;
pub mod approvals;
pub mod audit;
mod columns;
mod connection;
pub mod conversation_log;
pub mod conversations;
mod db;
pub mod deliveries;
pub mod embedded;
mod error;
pub mod housekeeping;
pub mod idempotency;
pub mod installation;
pub mod invites;
pub mod jobs;
pub mod leases;
pub mod ledger;
pub mod llm_settings;
pub mod memberships;
pub mod messages;
pub mod migrate;
pub mod orgs;
pub mod outbox;
pub mod realms;
pub mod retention;
pub mod runs;
pub mod sealed;
pub mod sequencer;
pub mod sessions;
pub mod source_contents;
pub mod sources;
mod standing;
pub mod standing_counts;
pub mod system;
pub mod task_runs;
pub mod tasks;
pub mod tool_calls;
pub mod triggers;
pub mod usage;
pub mod users;

pub use connection::Connection;
pub use db::{Db, POOL_SIZE, Reader, SystemTx, Tenant, Tx};
pub use error::{Error, OnConstraint, Result};
pub use sqlx::postgres::PgConnectOptions;
