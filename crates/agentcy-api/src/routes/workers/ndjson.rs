//! A batch of records: NDJSON of bounded size.

use agentcy_core::ErrorCode;
use agentcy_platform::sync::MAX_BATCH_BYTES;
use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, RequestBody},
};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{error::ApiError, state::AppState};

const MEDIA: &str = "application/x-ndjson";

/// The lines, as they came.
pub(super) struct Ndjson(pub(super) Bytes);

impl FromRequest<AppState> for Ndjson {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        let media = request.headers().get(header::CONTENT_TYPE);
        let media = media.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !media.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(MEDIA)) {
            let message = "send the records as application/x-ndjson";
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
        }
        match Limited::new(request.into_body(), MAX_BATCH_BYTES).collect().await {
            Ok(body) => Ok(Self(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(ApiError::new(ErrorCode::PayloadTooLarge, "a batch is over 8 MiB"))
            }
            Err(error) => {
                let message = "the body could not be read";
                Err(ApiError::new(ErrorCode::Malformed, message).caused_by(error))
            }
        }
    }
}

impl OperationInput for Ndjson {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.request_body = Some(ReferenceOr::Item(RequestBody {
            description: Some("A record a line, 10,000 records and 8 MiB at most.".to_owned()),
            content: [(MEDIA.to_owned(), MediaType::default())].into_iter().collect(),
            required: true,
            ..RequestBody::default()
        }));
    }
}
