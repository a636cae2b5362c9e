//! The REST façade: routes, OpenAPI, limits, errors. It speaks HTTP and holds no rules.

mod docs;
mod error;
mod extract;
pub mod http;
pub mod inventory;
mod patch;
mod places;
mod respond;
mod routes;
mod samples;
mod state;

pub use docs::document;
pub use error::ApiError;
pub use routes::{Beside, gated, router, router_with, sockets_alone};
pub use state::{AppState, HttpSetup};
