//! `/chat`: conversations, what is said in them, and what people decide for them.

use aide::axum::ApiRouter;

use crate::state::AppState;

mod approvals;
mod conversations;
mod messages;
mod stream;
mod tool_calls;
pub(crate) mod view;

pub(crate) use stream::{answering, answering_again, keep, kept};

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(conversations::router())
        .merge(messages::router())
        .merge(stream::router())
        .merge(tool_calls::router())
        .merge(approvals::router())
}

/// Routes whose answer is a stream, also to a repeat.
pub(crate) fn streaming_router() -> ApiRouter<AppState> {
    messages::streaming_router()
}
