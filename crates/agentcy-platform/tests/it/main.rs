//! Operations on a real PostgreSQL, a database a test.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod agents;
mod api_keys;
mod auth;
mod conversations;
mod gauges;
mod housekeeping;
mod idempotency;
mod invites;
mod llm_settings;
mod profile;
mod projection;
mod sealing;
mod settings;
mod stage;
mod sync;
mod tasks;
mod usage;
mod users;
