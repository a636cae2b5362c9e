//! The routes: a flat list of the groups, each in a module of its name.

use aide::axum::ApiRouter;
use agentcy_core::Feature;
use axum::{Router, middleware, routing::get};
use bytes::Bytes;
use tower_http::{compression::CompressionLayer, cors::CorsLayer};

use crate::{
    docs,
    error::ApiError,
    http::{auth, guard, idempotency, limit, outermost},
    state::AppState,
};

mod auth_routes;
mod health;
mod reference;

/// Every described route, without layers or state.
pub(crate) fn api() -> ApiRouter<AppState> {
    public().merge(protected())
}

/// Nobody is asked who they are.
fn public() -> ApiRouter<AppState> {
    ApiRouter::new().merge(health::router()).merge(auth_routes::public_router()).merge(reference::router())
}

/// A credential is needed.
fn protected() -> ApiRouter<AppState> {
    ApiRouter::new().merge(auth_routes::router())
}
