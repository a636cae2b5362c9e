//! Operations: what a caller may do, one module a capability.
//!
//! Every operation takes the [`Caller`](agentcy_core::Caller), begins with [`Platform::permit`], and leaves its audit
//! row in the transaction of the change. Façades call exactly one of them, so no two can differ.

pub mod agents;
pub mod api_keys;
pub mod audit_trail;
pub mod auth;
mod change;
pub mod conversations;
mod draft;
mod engines;
mod error;
pub mod events;
pub mod features;
pub mod first_start;
pub mod gauges;
mod grant;
pub mod graph;
pub mod health;
pub mod hooks;
pub mod housekeeping;
pub mod idempotency;
pub mod invites;
pub mod jobs;
pub mod lifecycle;
pub mod live;
pub mod llm_settings;
pub mod order;
pub mod page;
mod permit;
mod platform;
pub mod profile;
pub mod projection;
pub mod rates;
pub mod realms;
pub mod schema;
pub mod seal;
pub mod sealing;
pub mod settings;
pub mod setup;
pub mod sources;
pub mod sync;
pub mod tasks;
mod text;
pub mod usage;
pub mod users;
pub mod wake;
pub mod workers;

pub use change::Change;
pub use draft::{Answer, Draft};
pub use error::{Error, Result};
pub use page::{Listing, PageRequest};
pub use platform::{Engines, Ground, Platform};
pub use seal::Sealer;
pub use setup::Setup;

pub use agentcy_bus::Error as BusError;
pub use agentcy_store::Error as StoreError;
