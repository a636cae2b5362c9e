//! HTTP itself: the layers around every route, and the server under them.

pub(crate) mod auth;
pub(crate) mod cors;
pub(crate) mod guard;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod limit;
pub(crate) mod meta;
pub(crate) mod outermost;
pub mod serve;
pub(crate) mod sockets;
pub(crate) mod sse;
pub(crate) mod watch;
