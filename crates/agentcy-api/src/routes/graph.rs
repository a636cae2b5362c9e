//! `/graph`: the knowledge graph, as it is, as it was, and as it was known.

use aide::axum::ApiRouter;

use crate::state::AppState;

mod cypher;
mod expand;
mod history;
mod neighbors;
mod nodes;
mod stats;
mod view;

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(nodes::router())
        .merge(neighbors::router())
        .merge(history::router())
        .merge(expand::router())
        .merge(cypher::router())
        .merge(stats::router())
}
