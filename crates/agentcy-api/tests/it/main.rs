//! The façade over a real socket: every route swept for credentials, roles, tenants and bodies, and each layer by hand.

mod auth;
mod credentials;
mod document;
mod envelope;
mod gate;
mod idempotency;
mod limits;
mod outage;
mod paging;
mod places;
mod sweep;
