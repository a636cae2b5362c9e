//! The WebSocket façade: what may be subscribed to, in the words of the wire.
//!
//! Topics and the frames of clients are read here, bounded; the socket itself joins them to the outbox.

mod frame;
mod topic;

pub use frame::{ClientFrame, InvalidFrame, MAX_FRAME, MAX_TOPICS};
pub use topic::{InvalidTopic, Topic};
