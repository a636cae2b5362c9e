//! What handlers answer with.

use agentcy_platform::{Answer, Draft, Listing};
use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as DocResponse},
};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{error::ApiError, http::idempotency::Once};

/// 200 with a JSON body.
#[derive(Debug)]
pub(crate) struct Reply<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(body) => json(StatusCode::OK, body),
            Err(error) => unwritable(error).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for Reply<T> {
    type Inner = T;
    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<DocResponse> {
        #[expect(clippy::disallowed_types, reason = "only its description is used")]
        axum::Json::<T>::operation_response(ctx, operation)
    }
}

/// 204.
#[derive(Debug)]
pub(crate) struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl OperationOutput for Done {
    type Inner = ();
    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        Some(DocResponse::default())
    }
}

/// An answer that was made durable with its effect: 201 or 202 with `Location`, or 200.
#[derive(Debug)]
pub(crate) struct Created(Answer);

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        replay(self.0)
    }
}

impl OperationOutput for Created {
    type Inner = Self;
    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        None
    }
}

/// Makes a draft durable together with its answer, where the request may be repeated.
pub(crate) async fn created<T, V: Serialize>(
    draft: Draft<T>,
    once: &Once,
    location: String,
    view: impl FnOnce(&T) -> V,
) -> Result<Created, ApiError> {
    let body = serde_json::to_string(&view(draft.value())).map_err(unwritable)?;
    let answer = Answer { status: 201, location: Some(location), body };
    once.commit(draft, &answer).await?;
    Ok(Created(answer))
}

/// The same with 202, where the work has only been asked for; `location` says where it is watched.
pub(crate) async fn accepted<T, V: Serialize>(
    draft: Draft<T>,
    once: &Once,
    location: String,
    view: impl FnOnce(&T) -> V,
) -> Result<Created, ApiError> {
    let body = serde_json::to_string(&view(draft.value())).map_err(unwritable)?;
    let answer = Answer { status: 202, location: Some(location), body };
    once.commit(draft, &answer).await?;
    Ok(Created(answer))
}

/// The same with 200, where the thing was there before and only its secret is new.
pub(crate) async fn issued<T, V: Serialize>(
    draft: Draft<T>,
    once: &Once,
    view: impl FnOnce(&T) -> V,
) -> Result<Created, ApiError> {
    let body = serde_json::to_string(&view(draft.value())).map_err(unwritable)?;
    let answer = Answer { status: 200, location: None, body };
    once.commit(draft, &answer).await?;
    Ok(Created(answer))
}

/// The response that an answer stands for.
pub(crate) fn replay(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = json(status, answer.body);
    if let Some(location) = answer.location.and_then(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn json(status: StatusCode, body: String) -> Response {
    const JSON: [(HeaderName, HeaderValue); 1] =
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, JSON, body).into_response()
}

fn unwritable(error: serde_json::Error) -> ApiError {
    ApiError::new(agentcy_core::ErrorCode::Internal, "the answer could not be written")
        .caused_by(error)
}

/// One page of a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct PageView<T> {
    /// The items, newest first unless said.
    pub(crate) items: Vec<T>,
    /// Give it as `cursor` to read on; null at the end.
    pub(crate) next_cursor: Option<String>,
    /// How many there are in all, exact up to 10,000.
    pub(crate) total: i64,
    /// Present and true when there are more than 10,000.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) total_capped: bool,
}

impl<T> PageView<T> {
    /// The wire form of a listing.
    pub(crate) fn of<M>(listing: Listing<M>, view: impl FnMut(M) -> T) -> Reply<Self> {
        let Listing { items, next_cursor, total, total_capped } = listing.map(view);
        Reply(Self { items, next_cursor, total, total_capped })
    }
}

impl<T> PageView<T> {
    /// An example with one item.
    pub(crate) fn sample(item: T) -> Self {
        Self { items: vec![item], next_cursor: None, total: 1, total_capped: false }
    }
}
