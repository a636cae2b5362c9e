//! `/api/v1/openapi.json` and `/docs`: what this API is, for programs and for people.

use aide::{
    axum::{ApiRouter, routing::get_with},
    scalar::Scalar,
    transform::TransformOperation,
};
use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::header;

use crate::{
    docs::{Audience, Doc},
    extract::Public,
    state::AppState,
};

const DOCUMENT: &str = "/api/v1/openapi.json";
const DOCS: &str = "/docs";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(DOCUMENT, get_with(document, document_docs))
        .api_route(DOCS, get_with(docs, docs_docs))
}

async fn document(_: Public, State(app): State<AppState>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (json, app.openapi.clone()).into_response()
}

fn document_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "reference_document",
        tag: "health",
        summary: "This document",
        description: "OpenAPI 3.1 of everything that is mounted.",
        audience: Audience::Public,
        errors: &[],
    };
    doc.of(op).response_with::<200, crate::respond::Reply<serde_json::Value>, _>(|response| {
        response.description("The document.").example(serde_json::json!({ "openapi": "3.1.0" }))
    })
}

async fn docs(_: Public) -> Response {
    // The reference page carries its script inline and asks no other server for anything.
    let policy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; \
                  style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                  connect-src 'self'; frame-ancestors 'none'";
    let page = Scalar::new(DOCUMENT).with_title("agentcy API").html();
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

fn docs_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "reference_page",
        tag: "health",
        summary: "Interactive reference",
        description: "A page to read and try the API; it needs no network.",
        audience: Audience::Public,
        errors: &[],
    };
    doc.of(op).response_with::<200, String, _>(|response| {
        response.description("HTML.").example("<!doctype html>")
    })
}
