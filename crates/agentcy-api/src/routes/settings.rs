//! `/settings` and `/usage`: what an org decides for itself, and what it used.

use aide::axum::ApiRouter;

use crate::state::AppState;

mod features;
mod llm;
mod org;
mod security;
mod usage;

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(org::router())
        .merge(llm::router())
        .merge(features::router())
        .merge(security::router())
        .merge(usage::router())
}
