//! Webhooks: what comes in signed, is kept once, and sets a task off.

mod gather;
mod headers;
mod intake;
mod key;
mod known;
mod payload;
pub mod secret;
mod signature;

pub use intake::{Arrival, Intake, Receipt};
pub use payload::payload;
