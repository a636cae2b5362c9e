//! What handlers take out of a request, each answering in our envelope when it is not there.

use agentcy_core::{Caller, ErrorCode, FieldError, Limit};
use agentcy_platform::PageRequest;
use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request};
use http::{HeaderMap, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{error::ApiError, http::meta::Meta, places, state::AppState};

/// The largest JSON body, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A JSON body that fits its type; unknown fields, doubled keys and other media types are refused.
#[derive(Debug)]
pub(crate) struct ValidJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for ValidJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        let bytes = read_body(request.into_body()).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// A JSON body, or the default when there is none.
#[derive(Debug)]
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<AppState> for MaybeJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        require_json(&parts.headers)?;
        Ok(Self(parse(&bytes)?))
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media.and_then(|media| media.split(';').next()).unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, "send the body as application/json"))
}

/// Reads a body up to its limit.
pub(crate) async fn read_body(body: axum::body::Body) -> Result<bytes::Bytes, ApiError> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(ApiError::new(ErrorCode::PayloadTooLarge, "the body is over 1 MiB"))
        }
        Err(error) => {
            Err(ApiError::new(ErrorCode::Malformed, "the body could not be read").caused_by(error))
        }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let malformed = |message: String| ApiError::new(ErrorCode::Malformed, message);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| malformed(format!("the body is not UTF-8: {error}")))?;
    crate::http::json::check(text).map_err(malformed)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        ApiError::invalid(vec![field_error(&path, &error.into_inner().to_string())])
    })
}

/// Serde names the parent of a missing or unknown field; a client wants the field itself.
fn field_error(path: &str, message: &str) -> FieldError {
    // The position says nothing to somebody who is told the field.
    let message = message.split(" at line ").next().unwrap_or(message);
    let parent = if path == "." { "" } else { path };
    for (prefix, told) in [("missing field `", "is required"), ("unknown field `", "is not known")]
    {
        if let Some(name) = message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()) {
            let parent = parent.strip_suffix(name).unwrap_or(parent).trim_end_matches('.');
            let dot = if parent.is_empty() { "" } else { "." };
            return FieldError::new(format!("{parent}{dot}{name}"), told);
        }
    }
    // Serde repeats what it was given, which may be a password in the wrong place.
    let expected =
        message.rsplit_once(", expected ").map(|(_, expected)| format!("expected {expected}"));
    let message = expected.as_deref().unwrap_or(message);
    FieldError::new(if parent.is_empty() { "$" } else { parent }, message)
}

impl<T: JsonSchema> OperationInput for ValidJson<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        #[expect(clippy::disallowed_types, reason = "only its description is used")]
        axum::Json::<T>::operation_input(ctx, operation);
    }
}

impl<T: JsonSchema> OperationInput for MaybeJson<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        ValidJson::<T>::operation_input(ctx, operation);
        if let Some(body) = operation.request_body.as_mut().and_then(|body| body.as_item_mut()) {
            body.required = false;
        }
    }
}

/// A query string that fits its type.
#[derive(Debug)]
pub(crate) struct ValidQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for ValidQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RawQuery(query) =
            RawQuery::from_request_parts(parts, state).await.unwrap_or_else(|never| match never {});
        let query = query.unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "token");
        let cleaned =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let parsed = serde_html_form::Deserializer::from_bytes(cleaned.as_bytes());
        serde_path_to_error::deserialize(parsed).map(Self).map_err(|error| {
            let path = error.path().to_string();
            ApiError::invalid(vec![field_error(&path, &error.into_inner().to_string())])
        })
    }
}

impl<T: JsonSchema> OperationInput for ValidQuery<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        #[expect(clippy::disallowed_types, reason = "only its description is used")]
        axum::extract::Query::<T>::operation_input(ctx, operation);
    }
}

/// `?limit` and `?cursor` of every list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// How many items, 1 to 200; 50 unless said.
    #[schemars(range(min = 1, max = 200))]
    pub(crate) limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl PageQuery {
    /// As operations want it.
    pub(crate) fn request(
        limit: Option<u16>,
        cursor: Option<String>,
    ) -> Result<PageRequest, ApiError> {
        let limit = match limit {
            None => Limit::default(),
            Some(limit) => Limit::new(limit)
                .ok_or_else(|| ApiError::invalid(vec![FieldError::new("limit", "is 1 to 200")]))?,
        };
        Ok(PageRequest { limit, cursor })
    }

    /// As operations want it.
    pub(crate) fn into_request(self) -> Result<PageRequest, ApiError> {
        Self::request(self.limit, self.cursor)
    }
}

/// An id of the path. A text that is no such id names nothing: 404, like an unknown one.
#[derive(Debug)]
pub(crate) struct IdPath<T>(pub(crate) T);

impl<T> FromRequestParts<AppState> for IdPath<T>
where
    T: std::str::FromStr + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let unknown = || ApiError::new(ErrorCode::NotFound, "no such thing");
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        text.parse().map(Self).map_err(|_| unknown())
    }
}

impl<T: JsonSchema> OperationInput for IdPath<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        places::describe::<T>(ctx, operation);
    }
}

/// Two ids of the path, the outer first.
#[derive(Debug)]
pub(crate) struct IdPaths<A, B>(pub(crate) A, pub(crate) B);

impl<A, B> FromRequestParts<AppState> for IdPaths<A, B>
where
    A: std::str::FromStr + Send,
    B: std::str::FromStr + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let unknown = || ApiError::new(ErrorCode::NotFound, "no such thing");
        let Path((outer, inner)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        let outer = outer.parse().map_err(|_| unknown())?;
        Ok(Self(outer, inner.parse().map_err(|_| unknown())?))
    }
}

impl<A: JsonSchema, B: JsonSchema> OperationInput for IdPaths<A, B> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        places::describe::<A>(ctx, operation);
        places::describe::<B>(ctx, operation);
    }
}

/// Who calls; the authentication layer put it there.
#[derive(Debug)]
pub(crate) struct Known(pub(crate) Caller);

impl FromRequestParts<AppState> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| agentcy_platform::Error::unauthenticated().into())
    }
}

impl OperationInput for Known {}

/// Says in a signature that the route asks nobody who they are.
#[derive(Debug)]
pub(crate) struct Public(pub(crate) Meta);

impl FromRequestParts<AppState> for Public {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(Self(parts.extensions.get::<Meta>().cloned().unwrap_or_default()))
    }
}

impl OperationInput for Public {}
