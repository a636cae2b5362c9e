//! Operations on a real PostgreSQL, a database a test.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod api_keys;
mod auth;
mod idempotency;
mod invites;
mod llm_settings;
mod profile;
mod settings;
mod stage;
mod usage;
mod users;
