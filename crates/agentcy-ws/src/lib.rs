//! The WebSocket facade.
