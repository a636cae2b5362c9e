//! Bounds on time and number: how long a request may take, how many run at once, how often somebody asks.

use std::time::Duration;

use agentcy_core::ErrorCode;
use agentcy_platform::rates::{self, Rate};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{error::ApiError, http::meta::Meta, state::AppState};

/// How long an upload may take; each of its pieces has less.
const UPLOAD: Duration = Duration::from_mins(10);

/// Ends a request that takes too long; its stores were told already, so the fault is one of ours or theirs.
pub(crate) async fn time(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let is_upload = request.method() == Method::PUT && request.uri().path().ends_with("/content");
    let limit = if is_upload { UPLOAD } else { app.setup.request_timeout };
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        ApiError::new(ErrorCode::UpstreamUnavailable, "the request took too long").into_response()
    })
}

/// Turns requests away while the server drains.
pub(crate) async fn draining(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if app.lifecycle.is_stopping() {
        let error = ApiError::new(ErrorCode::Draining, "the server is shutting down");
        return error.retry_after(Duration::from_secs(5)).into_response();
    }
    next.run(request).await
}

/// How often an address without a credential may ask.
pub(crate) async fn anonymous_rate(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let ip = request.extensions().get::<Meta>().and_then(|meta| meta.ip);
    match rates::anonymous(&app.platform, ip).await {
        Ok(rate) => limited(rate, next.run(request)).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Answers if the rate allows, and says how much is left either way.
pub(crate) async fn limited(rate: Rate, answer: impl Future<Output = Response>) -> Response {
    let mut response = if rate.allowed {
        answer.await
    } else {
        ApiError::new(ErrorCode::RateLimited, "too many requests")
            .retry_after(rate.retry_after)
            .into_response()
    };
    describe(response.headers_mut(), &rate);
    response
}

/// `RateLimit` and `RateLimit-Policy` (IETF draft-ietf-httpapi-ratelimit-headers).
fn describe(headers: &mut HeaderMap, rate: &Rate) {
    const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
    const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
    let left = format!("\"{}\";r={};t={}", rate.name, rate.remaining, rate.reset_after.as_secs());
    let policy = format!("\"{}\";q={};w={}", rate.name, rate.limit, rate.window.as_secs());
    for (name, text) in [(LIMIT, left), (POLICY, policy)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
