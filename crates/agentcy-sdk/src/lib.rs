//! Typed client of the agentcy API.
