//! The words of the domain: ids, roles, actions, errors, events, clock. No I/O.
//!
//! Everything above this crate speaks in these types, and nothing here knows a store, a socket or a file.

pub mod action;
pub mod agent;
pub mod audit;
pub mod caller;
pub mod chain;
pub mod chat;
pub mod clock;
pub mod error;
pub mod event;
pub mod feature;
pub mod id;
pub mod job;
mod names;
pub mod page;
pub mod realm;
pub mod role;
pub mod secret;
pub mod task;
pub mod tool;

pub use action::{Action, Standing};
pub use caller::{By, Caller, Credential, Principal, System};
pub use chain::Chain;
pub use clock::{Clock, Entropy, Ids, Timestamp};
pub use error::{ErrorCode, FieldError};
pub use event::DomainEvent;
pub use feature::{Feature, Features};
pub use page::{Limit, Page};
pub use realm::{Realm, Realms};
pub use role::Role;
