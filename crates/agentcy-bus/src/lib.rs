//! Publish and subscribe, short-lived state, rate limits, locks: over Redis or in process.
//!
//! [`Bus`] is one interface with two engines that behave alike. Every key and channel is made from a
//! [`Scope`] and a name, so that no caller can forget whose it is.

mod bus;
mod error;
mod expiring;
mod in_process;
mod key;
mod limit;
mod lock;
mod redis;
mod topics;

pub use bus::{Bus, Engine, MAX_VALUE};
pub use error::Error;
pub use key::{Key, MAX_NAME, Scope};
pub use limit::{Policy, Verdict};
pub use lock::Guard;
pub use redis::About;
pub use topics::{Event, Subscription};

/// What the bus answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
