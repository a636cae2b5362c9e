//! How files are answered for: what may be kept, what may run, and what is sent packed.

use std::borrow::Cow;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::assets::{Asset, Find};

const NOT_FOUND: &str = "404.html";
/// Beside each page lies what its inline scripts hash to, and beside a file that packs well its packed form.
const SCRIPTS: &str = "csp";
const PACKED: &str = "gz";

const NOT_BUILT: &str = "<!doctype html><html lang=en><title>agentcy</title><meta name=color-scheme content='light dark'>\
    <h1>The web UI is not in this build</h1>\
    <p>Build it where agentcy was built, with Node 20.9 or newer, then build agentcy again: \
    <code>npm ci --prefix frontend &amp;&amp; npm run build --prefix frontend</code>. <code>cargo xtask serve</code> does both.</p>\
    <p>The API works without it: see <a href=/docs>its reference</a>.</p></html>";

/// A page, or the page that says that there is none.
pub(crate) fn document(find: Find, path: &str, asked: &HeaderMap) -> Response {
    if let Some(page) = find(path) {
        return file(find, path, page, asked);
    }
    let mut response = if let Some(page) = find(NOT_FOUND) {
        file(find, NOT_FOUND, page, &HeaderMap::new())
    } else {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        ];
        (headers, NOT_BUILT).into_response()
    };
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// A file that is there.
pub(crate) fn file(find: Find, path: &str, asset: Asset, asked: &HeaderMap) -> Response {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let is_page = mime == mime_guess::mime::TEXT_HTML;
    let etag = format!("\"{}\"", hex::encode(&asset.digest[..16]));
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, &etag));
    let packed = if accepts_packed(asked) { find(&format!("{path}.{PACKED}")) } else { None };

    let mut headers = HeaderMap::new();
    let mut put = |name, value: &str| {
        // All values are made here, of digests and constants.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(header::ETAG, &etag);
    put(header::VARY, "accept-encoding");
    put(header::CACHE_CONTROL, kept(path));
    if is_page {
        put(header::CONTENT_SECURITY_POLICY, &policy(find, path));
    }
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let text = mime.type_() == "text" || mime.subtype() == "javascript";
    let charset = if text { "; charset=utf-8" } else { "" };
    put(header::CONTENT_TYPE, &format!("{}{charset}", mime.essence_str()));
    if packed.is_some() {
        put(header::CONTENT_ENCODING, "gzip");
    }
    let body = match packed.unwrap_or(asset).content {
        Cow::Borrowed(built_in) => Body::from(built_in),
        Cow::Owned(read) => Body::from(read),
    };
    (headers, body).into_response()
}

// Names of files under _next/static change with their content.
fn kept(path: &str) -> &'static str {
    if path.starts_with("_next/static/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

// What a page may do: run our scripts and its own inline ones, and talk to this server alone. Styles may be inline,
// since parts that place themselves by measure set them; they can load nothing from elsewhere.
fn policy(find: Find, path: &str) -> String {
    let hashes = find(&format!("{path}.{SCRIPTS}")).map(|list| list.content).unwrap_or_default();
    let hashes = String::from_utf8_lossy(&hashes);
    format!(
        "default-src 'none'; script-src 'self' {}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
        hashes.trim()
    )
}

fn names(known: &HeaderValue, etag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    // A layer that packs on the way may have made the mark weak.
    known
        .split(',')
        .map(|mark| mark.trim().trim_start_matches("W/"))
        .any(|mark| mark == etag || mark == "*")
}

fn accepts_packed(asked: &HeaderMap) -> bool {
    let codings =
        asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    codings.flat_map(|list| list.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
