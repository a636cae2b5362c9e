//! Bounds on time and number: how long a request may take, how many run at once, how often somebody asks.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agentcy_core::ErrorCode;
use agentcy_platform::rates::{self, Rate};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    error::{ApiError, whole_secs},
    http::meta::Meta,
    state::AppState,
};

/// How long an upload may take; each of its pieces has less.
const UPLOAD: Duration = Duration::from_mins(10);

/// Whether a request was found to be an upload, inside of where its time is measured.
#[derive(Debug, Clone, Default)]
struct Upload(Arc<AtomicBool>);

/// Ends a request that takes too long; its stores were told already, so the fault is one of ours or theirs. It holds
/// until the answer begins: a stream may go on.
pub(crate) async fn time(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let upload = Upload::default();
    request.extensions_mut().insert(upload.clone());
    let limit = app.setup.request_timeout;
    let mut answer = std::pin::pin!(next.run(request));
    if let Ok(response) = tokio::time::timeout(limit, &mut answer).await {
        return response;
    }
    let more = UPLOAD.saturating_sub(limit);
    if upload.0.load(Ordering::Acquire)
        && let Ok(response) = tokio::time::timeout(more, answer).await
    {
        return response;
    }
    ApiError::new(ErrorCode::UpstreamUnavailable, "the request took too long").into_response()
}

/// Around a route that takes uploads, or waits for work: they have more time.
pub(crate) async fn upload(request: Request, next: Next) -> Response {
    if let Some(upload) = request.extensions().get::<Upload>() {
        upload.0.store(true, Ordering::Release);
    }
    next.run(request).await
}

/// Turns requests away while the server drains.
pub(crate) fn draining(app: &AppState) -> Result<(), ApiError> {
    if app.lifecycle.is_stopping() {
        let error = ApiError::new(ErrorCode::Draining, "the server is shutting down");
        return Err(error.retry_after(Duration::from_secs(5)));
    }
    Ok(())
}

/// How often an address without a credential may ask.
pub(crate) async fn anonymous_rate(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match rates::anonymous(&app.platform, ip(&request)).await {
        Ok(rate) => limited(rate, next.run(request)).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// How often an address may deliver to webhooks.
pub(crate) async fn hooks_rate(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match rates::hooks(&app.platform, ip(&request)).await {
        Ok(rate) => limited(rate, next.run(request)).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn ip(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Meta>().and_then(|meta| meta.ip)
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
    let reset = whole_secs(rate.reset_after);
    let left = format!("\"{}\";r={};t={reset}", rate.name, rate.remaining);
    let policy = format!("\"{}\";q={};w={}", rate.name, rate.limit, rate.window.as_secs());
    for (name, text) in [(LIMIT, left), (POLICY, policy)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
