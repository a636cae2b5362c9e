//! `Idempotency-Key`: a repeat of a POST gets the answer of its first.

#![expect(
    clippy::default_trait_access,
    reason = "the maps of aide are of a crate that we do not name"
)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use agentcy_core::{Caller, ErrorCode};
use agentcy_platform::{
    Answer, Draft,
    idempotency::{Claim, Slot},
};
use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        HeaderStyle, Operation, Parameter, ParameterData, ParameterSchemaOrContent, ReferenceOr,
        SchemaObject,
    },
};
use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Collected};

use crate::{
    error::ApiError, extract::read_body, http::meta::Meta, respond::replay, state::AppState,
};

/// As documents write it.
const NAME: &str = "Idempotency-Key";
const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Whether the client gave a key, and what becomes of it.
#[derive(Debug, Clone, Default)]
pub(crate) enum Once {
    /// It gave none.
    #[default]
    Unkeyed,
    /// The first request: its answer is kept here.
    First(Arc<Place>),
    /// A repeat, whose first request was answered this. Only routes of [`once_handing_on`] meet it.
    Repeat(Answer),
}

/// Where an answer is kept.
#[derive(Debug)]
pub(crate) struct Place {
    slot: Slot,
    kept: AtomicBool,
}

impl Place {
    /// What an operation keeps its answer by.
    pub(crate) const fn slot(&self) -> &Slot {
        &self.slot
    }
}

impl Once {
    /// Makes a draft durable, together with its answer when there is a key.
    pub(crate) async fn commit<T>(&self, draft: Draft<T>, answer: &Answer) -> Result<T, ApiError> {
        let Self::First(place) = self else { return Ok(draft.commit().await?) };
        let made = draft.commit_with(&place.slot, answer).await?;
        self.kept();
        Ok(made)
    }

    /// The answer is durable with its effect.
    pub(crate) fn kept(&self) {
        if let Self::First(place) = self {
            place.kept.store(true, Ordering::Release);
        }
    }
}

impl FromRequestParts<AppState> for Once {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl OperationInput for Once {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        let json_schema =
            schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 255 });
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let parameter_data = ParameterData {
            name: NAME.to_owned(),
            description: Some(
                "A repeat with the same key is answered as the first time.".to_owned(),
            ),
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(schema),
            example: None,
            examples: Default::default(),
            explode: None,
            extensions: Default::default(),
        };
        let parameter = Parameter::Header { parameter_data, style: HeaderStyle::Simple };
        operation.parameters.push(ReferenceOr::Item(parameter));
    }
}

/// Whether an operation takes a key.
pub(crate) fn is_keyed(operation: &Operation) -> bool {
    operation.parameters.iter().any(|parameter| {
        matches!(parameter, ReferenceOr::Item(Parameter::Header { parameter_data, .. }) if parameter_data.name == NAME)
    })
}

/// Runs inside authentication: keys belong to a principal.
pub(crate) async fn once(State(app): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    claimed(&app, request, next, false).await.unwrap_or_else(IntoResponse::into_response)
}

/// The same around routes that answer a repeat themselves, since what was answered first is a stream.
pub(crate) async fn once_handing_on(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    claimed(&app, request, next, true).await.unwrap_or_else(IntoResponse::into_response)
}

async fn claimed(
    app: &AppState,
    request: Request,
    next: Next,
    hands_on: bool,
) -> Result<Response, ApiError> {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return Ok(next.run(request).await);
    };
    let path = request.uri().path().to_owned();
    if path.starts_with("/api/v1/auth/") {
        return Ok(next.run(request).await);
    }
    let key = key(&request)?;
    let (parts, body) = request.into_parts();
    let request_id = parts.extensions.get::<Meta>().map(|meta| meta.request_id.clone());
    let body = read_body(body).await?;
    let slot = match app.platform.claim(&caller, "POST", &path, &key, &body).await? {
        Claim::First(slot) => slot,
        Claim::Repeat(answer) => {
            let is_refusal = answer.status >= 400;
            let mut response = if hands_on && !is_refusal {
                let mut request = Request::from_parts(parts, Body::from(body));
                request.extensions_mut().insert(Once::Repeat(answer));
                next.run(request).await
            } else {
                replay(answer)
            };
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            return Ok(response);
        }
    };
    let place = Arc::new(Place { slot, kept: AtomicBool::new(false) });
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Once::First(Arc::clone(&place)));

    let response = next.run(request).await;
    if place.kept.load(Ordering::Acquire) {
        return Ok(response);
    }
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        app.platform.forget(&caller, &place.slot).await?;
        return Ok(response);
    }
    // Without an effect of its own: a refusal, or a POST that makes nothing and says little.
    let (answer, response) = written(response, &request_id.unwrap_or_default()).await?;
    app.platform.keep(&caller, &place.slot, &answer).await?;
    Ok(response)
}

/// The answer that a response stands for, and the response again.
async fn written(response: Response, request_id: &str) -> Result<(Answer, Response), ApiError> {
    if let Some(error) = response.extensions().get::<ApiError>() {
        let bytes = collect(error.render(request_id).into_body()).await?;
        return Ok((answer(response.status(), None, &bytes), response));
    }
    let (parts, body) = response.into_parts();
    let bytes = collect(body).await?;
    let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let answer = answer(parts.status, location, &bytes);
    Ok((answer, Response::from_parts(parts, Body::from(bytes))))
}

async fn collect(body: Body) -> Result<Bytes, ApiError> {
    body.collect().await.map(Collected::to_bytes).map_err(|error| {
        ApiError::new(ErrorCode::Internal, "the answer could not be kept").caused_by(error)
    })
}

fn answer(status: StatusCode, location: Option<&str>, body: &[u8]) -> Answer {
    Answer {
        status: status.as_u16(),
        location: location.map(str::to_owned),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

/// 1 to 255 printable characters, with or without the quotes of a structured field.
fn key(request: &Request) -> Result<String, ApiError> {
    let bad = || {
        let message = "Idempotency-Key is 1 to 255 printable characters, given once";
        ApiError::new(ErrorCode::Invalid, message)
    };
    let mut values = request.headers().get_all(KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(bad()) };
    let text = value.to_str().map_err(|_| bad())?;
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(bad()) }
}
