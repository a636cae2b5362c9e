//! The one error of the façade, and every way into it.
//!
//! A handler gives an [`ApiError`]; the outermost layer logs its cause, once, and writes the envelope.

use std::{borrow::Cow, sync::Arc, time::Duration};

use agentcy_core::{Chain, ErrorCode, FieldError};
use agentcy_platform as platform;
use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as DocResponse},
};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A refusal or a fault on its way to the client.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: ErrorCode,
    public: Cow<'static, str>,
    fields: Vec<FieldError>,
    details: Map<String, Value>,
    retry_after: Option<Duration>,
    source: Option<Arc<BoxError>>,
}

impl ApiError {
    /// An error with words for the client.
    pub fn new(code: ErrorCode, public: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            public: public.into(),
            fields: Vec::new(),
            details: Map::new(),
            retry_after: None,
            source: None,
        }
    }

    /// Fields that break their rules.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        platform::Error::invalid(fields).into()
    }

    /// The client is told this much, the log the whole chain.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(Arc::new(source.into()));
        self
    }

    /// When to try again.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    fn store_unavailable(store: &'static str, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorCode::StoreUnavailable, format!("{store} does not answer; try again"))
            .detail("store", store)
            .retry_after(Duration::from_secs(2))
            .caused_by(source)
    }

    /// The code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The cause with its whole chain, for the log.
    pub fn chain(&self) -> Option<String> {
        self.source.as_ref().map(|source| Chain(&***source).to_string())
    }

    /// The response with its envelope. Only the outermost layer knows the request id.
    pub fn render(&self, request_id: &str) -> Response {
        let mut details = self.details.clone();
        if !self.fields.is_empty()
            && let Ok(fields) = serde_json::to_value(&self.fields)
        {
            details.insert("fields".to_owned(), fields);
        }
        let body = ErrorBody {
            code: self.code,
            message: self.public.clone().into_owned(),
            details: Value::Object(details),
            request_id: request_id.to_owned(),
        };
        let bytes = serde_json::to_vec(&Envelope { error: body }).unwrap_or_default();
        let mut response = Response::new(Bytes::from(bytes).into());
        *response.status_mut() = status(self.code);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let wait = self.retry_after.or_else(|| {
            let waits = matches!(self.code.status(), 429 | 503);
            waits.then(|| Duration::from_secs(1))
        });
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_secs(wait).max(1)));
        }
        if self.code.status() == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Rounded up: who comes back after that long is not too early.
pub(crate) fn whole_secs(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The status of a code; the table in core holds only valid ones.
fn status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Travels as an extension until the outermost layer renders it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = status(self.code);
        response.extensions_mut().insert(self);
        response
    }
}

impl OperationOutput for ApiError {
    type Inner = Self;
    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        None
    }
}

impl From<platform::Error> for ApiError {
    fn from(error: platform::Error) -> Self {
        match error {
            platform::Error::Refused { code, message, fields, details } => {
                let retry_after = details
                    .as_ref()
                    .and_then(|details| details.get("retry_after_secs"))
                    .and_then(Value::as_u64)
                    .map(Duration::from_secs);
                let details = match details {
                    Some(Value::Object(details)) => details,
                    _ => Map::new(),
                };
                Self { fields, details, retry_after, ..Self::new(code, message) }
            }
            platform::Error::Store(error) => match error {
                agentcy_platform::StoreError::Unavailable(_) => {
                    Self::store_unavailable("postgres", error)
                }
                other => internal(other),
            },
            platform::Error::Bus(error @ agentcy_platform::BusError::Unavailable(_)) => {
                Self::store_unavailable("redis", error)
            }
            platform::Error::Graph(error) if error.is_retryable() => {
                Self::store_unavailable("neo4j", error)
            }
            other => internal(other),
        }
    }
}

fn internal(error: impl Into<BoxError>) -> ApiError {
    ApiError::new(ErrorCode::Internal, "something went wrong on our side").caused_by(error)
}

/// What every error looks like on the wire.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct Envelope {
    /// The error.
    pub(crate) error: ErrorBody,
}

/// The error inside its envelope.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong, from a closed list.
    #[schemars(with = "String")]
    pub(crate) code: ErrorCode,
    /// For people.
    pub(crate) message: String,
    /// More, depending on the code: `fields[]` names each bad field by its path.
    pub(crate) details: Value,
    /// Finds this request in the log of the server.
    pub(crate) request_id: String,
}
