//! The outermost layer: names the request, catches panics, logs how it ended, writes the envelope of an error.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use agentcy_core::ErrorCode;
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, header};
use tracing::Instrument;

use crate::{error::ApiError, http::meta::Meta, state::AppState};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps everything, unknown routes too.
pub(crate) async fn outermost(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let meta = Meta::of(&request, &app);
    let span = tracing::info_span!(
        "http.request",
        request.id = %meta.request_id,
        trace.id = meta.trace_id.as_deref(),
        org.id = tracing::field::Empty,
    );
    let method = method(request.method());
    request.extensions_mut().insert(meta.clone());

    async {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answer.unwrap_or_else(|_| {
            // The panic hook has logged where and why.
            ApiError::new(ErrorCode::Internal, "something went wrong on our side").into_response()
        });
        if let Some(error) = response.extensions_mut().remove::<ApiError>() {
            report(&error);
            let mut rendered = error.render(&meta.request_id);
            // Headers that inner layers set, such as those of CORS and the rate limit, stay.
            for (name, value) in response.headers() {
                if !rendered.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                    rendered.headers_mut().append(name, value.clone());
                }
            }
            std::mem::swap(rendered.extensions_mut(), response.extensions_mut());
            response = rendered;
        }
        finish(&mut response, &meta);

        // Never the raw path or query: both may hold what must not be logged.
        let route =
            response.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        let status = response.status().as_u16();
        let elapsed = started.elapsed();
        metrics::histogram!(
            "agentcy_http_request_seconds",
            "method" => method, "route" => route.to_owned(), "status" => status.to_string(),
        )
        .record(elapsed.as_secs_f64());
        tracing::info!(
            http.method = method, http.route = route, http.status = status,
            http.millis = millis(elapsed), client.ip = ?meta.ip,
            "request served",
        );
        response
    }
    .instrument(span)
    .await
}

/// A method of ours; what a client makes up is neither counted nor logged as it is, since there is no end to that.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// To a hundredth: what a log shows of a time, and no more digits than are meant.
fn millis(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 100_000.0).round() / 100.0
}

fn report(error: &ApiError) {
    let Some(cause) = error.chain() else { return };
    match error.code().status() {
        500.. if error.code() == ErrorCode::StoreUnavailable => {
            tracing::warn!(
                error.code = error.code().name(),
                error.cause = cause,
                "a store is away"
            );
        }
        500.. => {
            tracing::error!(
                error.code = error.code().name(),
                error.cause = cause,
                "request failed"
            );
        }
        _ => tracing::debug!(
            error.code = error.code().name(),
            error.cause = cause,
            "request refused"
        ),
    }
}

fn finish(response: &mut Response, meta: &Meta) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(&meta.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Remembers the matched route for the log; runs inside the router, where it is known.
pub(crate) async fn remember_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_logged_to_a_hundredth_of_a_millisecond() {
        let shown = |nanos| millis(Duration::from_nanos(nanos)).to_string();
        assert_eq!(shown(1_234_567), "1.23");
        assert_eq!(shown(9_996_000), "10");
        assert_eq!(shown(1_000), "0");
        assert_eq!(shown(61_005_678_900), "61005.68");
    }
}
