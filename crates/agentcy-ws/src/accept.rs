//! `GET /ws`: from a request to a socket. Who asks was found out before, by the layers around.

use std::sync::Arc;

use agentcy_platform::auth::Visitor;
use axum::{
    Extension, Router,
    extract::{State, ws::WebSocketUpgrade},
    response::Response,
    routing::get,
};

use crate::{
    frame::MAX_FRAME,
    registry::Place,
    seat::Close,
    socket::serve,
    state::{Shared, Sockets},
    wire::{Over, Wire},
};

/// What a socket reads into, and what it gathers before it writes.
const BUFFER: usize = 4 << 10;

/// The route of the sockets. A request that may have one carries a [`Visitor`]; without it the socket is accepted, so
/// that a browser can tell, and closed.
pub fn router(sockets: Sockets) -> Router {
    Router::new().route("/ws", get(accept)).with_state(sockets)
}

async fn accept(
    State(sockets): State<Sockets>,
    visitor: Option<Extension<Visitor>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let shared = sockets.shared;
    let upgrade = upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME);
    let tracked = shared.lifecycle.tasks().token();
    let hard = shared.lifecycle.hard_token().clone();
    let place = visitor.map(|Extension(visitor)| Place::take(&shared, visitor));
    match place {
        Some(Some(place)) => upgrade.on_upgrade(move |socket| async move {
            hard.run_until_cancelled(serve(shared, place, socket)).await;
            drop(tracked);
        }),
        Some(None) => refuse(&shared, upgrade, Close::Full),
        None => refuse(&shared, upgrade, Close::Unknown),
    }
}

fn refuse(shared: &Arc<Shared>, upgrade: WebSocketUpgrade, why: Close) -> Response {
    let (limits, refused) = (shared.limits, Arc::clone(&shared.refused));
    upgrade.on_upgrade(move |socket| async move {
        // Where too many are being told, one more is hung up on.
        if let Ok(_turn) = refused.try_acquire() {
            Wire::new(socket, limits.stall, limits.closing).close(Over::Close(why)).await;
        }
    })
}
