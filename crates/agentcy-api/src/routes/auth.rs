//! `/auth`: signing in and out.

use aide::axum::ApiRouter;

use crate::state::AppState;

mod account;
mod me;
mod session;
mod ticket;

/// Nobody is known yet, or a token speaks for itself.
pub(super) fn public_router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(session::public_router())
        .merge(account::router())
        .merge(me::public_router())
}

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().merge(session::router()).merge(me::router()).merge(ticket::router())
}
