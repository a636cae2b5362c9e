//! The WebSocket façade: what happens, pushed to whoever watches.
//!
//! A feed a channel of an org reads its numbered events once, encodes each once and keeps the last of them; a socket has a
//! position in each feed that it follows, and goes on from there at its own pace. What a feed keeps no more is read from
//! the store, so a socket that was away or slow misses nothing or is told that it did. One keeper a process looks
//! whether those who watch still may.

mod accept;
mod answer;
mod feed;
mod feeds;
mod frame;
mod keeper;
mod registry;
mod seat;
mod socket;
mod state;
mod subscription;
mod tails;
mod told;
mod topic;
mod wire;

pub use accept::router;
pub use frame::{ClientFrame, InvalidFrame, MAX_FRAME, MAX_TOPICS};
pub use state::{Limits, Sockets};
pub use topic::{InvalidTopic, Topic};
