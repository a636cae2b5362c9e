//! Every mounted route with who it is for, read off the finished document: what sweeping tests go by.

use aide::openapi::{OpenApi, ReferenceOr, RequestBody};
use serde_json::Value;

/// The extension that holds the auth class.
pub(crate) const AUTH: &str = "x-agentcy-auth";
/// The extension that holds the action.
pub(crate) const ACTION: &str = "x-agentcy-action";

/// One mounted route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Upper case.
    pub method: String,
    /// The whole template, from the server's root.
    pub path: String,
    /// The class as the table of routes writes it.
    pub auth: String,
    /// The action that `permit` is asked for; none for public routes.
    pub action: Option<String>,
    /// Whether it takes a JSON body.
    pub has_body: bool,
}

fn is_json(body: &ReferenceOr<RequestBody>) -> bool {
    matches!(body, ReferenceOr::Item(body) if body.content.contains_key("application/json"))
}

/// The routes of a document, sorted.
pub fn routes(document: &OpenApi) -> Vec<Route> {
    let mut routes = Vec::new();
    let paths = document.paths.as_ref();
    for (path, item) in paths.into_iter().flat_map(|paths| &paths.paths) {
        let ReferenceOr::Item(item) = item else { continue };
        for (method, operation) in item.iter() {
            let text =
                |key| operation.extensions.get(key).and_then(Value::as_str).map(str::to_owned);
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                auth: text(AUTH).unwrap_or_default(),
                action: text(ACTION),
                has_body: operation.request_body.as_ref().is_some_and(is_json),
            });
        }
    }
    routes.sort();
    routes
}
