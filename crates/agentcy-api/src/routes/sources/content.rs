//! `/sources/{source_id}/content`: the upload that a json or csv source reads.

use agentcy_core::{Action, ErrorCode, id::SourceId};
use agentcy_platform::sources;
use aide::{
    OperationInput,
    axum::{ApiRouter, routing::put_with},
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, RequestBody},
    transform::TransformOperation,
};
use axum::{
    body::BodyDataStream,
    extract::{FromRequest, Request, State},
    middleware,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known},
    http::limit,
    respond::Reply,
    state::AppState,
};

const ITEM: &str = "/api/v1/sources/{source_id}/content";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(ITEM, put_with(upload, upload_docs))
        .layer(middleware::from_fn(limit::upload))
}

/// A body of any media type, as it comes.
struct Streamed(BodyDataStream);

impl FromRequest<AppState> for Streamed {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        Ok(Self(request.into_body().into_data_stream()))
    }
}

impl OperationInput for Streamed {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        let media = MediaType::default();
        operation.request_body = Some(ReferenceOr::Item(RequestBody {
            description: Some("The bytes, 64 MiB at most.".to_owned()),
            content: [("application/octet-stream".to_owned(), media)].into_iter().collect(),
            required: true,
            ..RequestBody::default()
        }));
    }
}

/// What was uploaded.
#[derive(Debug, Serialize, JsonSchema)]
struct ContentView {
    bytes: u64,
}

#[tracing::instrument(name = "api.sources.upload", skip_all)]
async fn upload(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
    Streamed(body): Streamed,
) -> Result<Reply<ContentView>, ApiError> {
    let pieces: BoxStream<'static, Result<Bytes, sources::BoxError>> =
        body.map(|piece| piece.map_err(Into::into)).boxed();
    let bytes = sources::upload(&app.platform, &caller, source_id, pieces).await?;
    Ok(Reply(ContentView { bytes }))
}

fn upload_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_upload",
        tag: "sources",
        summary: "Upload the content of a source",
        description: "Replaces what was uploaded before once all of it has arrived; the next sync reads it.",
        audience: Audience::May(Action::SourceUpload),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InUse],
    };
    ok(doc.of(op), "How much is kept.", ContentView { bytes: 18_204 })
}
