//! Bounds: how often, how long, how large, and how it ends.

mod connections;
mod draining;
mod rates;
mod wire;
