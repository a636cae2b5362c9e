//! Against a real server over TCP.

mod query;
mod schema;
mod tls;
