//! The web UI at `/app/`: files that `frontend/` exports, embedded in the binary. A debug build reads them from disk.

mod answer;
mod assets;

use axum::{
    Router,
    extract::{RawQuery, Request},
    http::Uri,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

pub use assets::{Asset, Find, embedded};

/// The pages at `/app/`, and the way there from `/`. `find` looks up a file by its path below `/app/`.
pub fn router(find: Find) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/app/")))
        .route("/app", get(async |RawQuery(query)| in_folder("/app", query)))
        .route("/app/", get(async move |request: Request| page(find, &request)))
        .route("/app/{*path}", get(async move |request: Request| page(find, &request)))
}

/// Whether pages were built when the binary was, or lie where a debug build looks for them.
#[must_use]
pub fn is_built(find: Find) -> bool {
    find("index.html").is_some()
}

fn page(find: Find, request: &Request) -> Response {
    let uri: &Uri = request.uri();
    let path = uri.path().strip_prefix("/app/").unwrap_or_default();
    if path.is_empty() || path.ends_with('/') {
        return answer::document(find, &format!("{path}index.html"), request.headers());
    }
    if let Some(asset) = find(path) {
        return answer::file(find, path, asset, request.headers());
    }
    if find(&format!("{path}/index.html")).is_some() {
        return in_folder(uri.path(), uri.query().map(str::to_owned));
    }
    answer::document(find, path, request.headers())
}

// Pages are folders: what they link to is found from there.
fn in_folder(path: &str, query: Option<String>) -> Response {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::permanent(&format!("{path}/{query}")).into_response()
}
