//! The sockets over a real server: what they are told, by whom they are opened, and when they are closed.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod bounds;
mod chat;
mod doors;
mod lost;
mod on_redis;
mod resume;
mod rights;
mod stage;
mod topics;
