//! The façade over a real socket: every route swept for credentials, roles, tenants and bodies, and each layer by hand.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod auth;
mod chat;
mod credentials;
mod document;
mod envelope;
mod gate;
mod graph;
mod hooks;
mod idempotency;
mod limits;
mod outage;
mod paging;
mod places;
mod settings;
mod sources;
mod sweep;
mod tasks;
mod workers;
