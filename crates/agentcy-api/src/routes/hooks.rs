//! `/hooks`: what other systems send, signed.

use agentcy_core::{
    ErrorCode,
    id::{DeliveryId, TaskRunId, TriggerId},
};
use agentcy_platform::hooks::{Arrival, Receipt};
use aide::{
    OperationInput, OperationOutput,
    axum::{ApiRouter, routing::post_with},
    generate::GenContext,
    openapi::{MediaType, Operation, ReferenceOr, RequestBody, Response as DocResponse},
    transform::TransformOperation,
};
use axum::{
    RequestExt,
    extract::{FromRequest, Path, Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    docs::{Audience, Doc},
    error::ApiError,
    extract::read_body,
    places,
    respond::Reply,
    samples,
    state::AppState,
};

const ITEM: &str = "/api/v1/hooks/{trigger_id}";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, post_with(take, take_docs))
}

/// A delivery, once its size was judged. A text that is no id of a trigger names one that there is not.
struct Incoming(Arrival);

impl FromRequest<AppState> for Incoming {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, _: &AppState) -> Result<Self, ApiError> {
        let named = request.extract_parts::<Path<String>>().await.ok();
        let trigger = named.and_then(|Path(text)| text.parse::<TriggerId>().ok());
        let (parts, body) = request.into_parts();
        let body = read_body(body).await?;
        let trigger = trigger.unwrap_or_else(|| Uuid::nil().into());
        Ok(Self(Arrival { trigger, headers: parts.headers, body }))
    }
}

impl OperationInput for Incoming {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        places::describe::<TriggerId>(ctx, operation);
        operation.request_body = Some(ReferenceOr::Item(RequestBody {
            description: Some("JSON, a form, multipart or text; 1 MiB at most.".to_owned()),
            content: [("*/*".to_owned(), MediaType::default())].into_iter().collect(),
            required: true,
            ..RequestBody::default()
        }));
    }
}

/// What was taken in.
#[derive(Debug, Serialize, JsonSchema)]
struct ReceiptView {
    /// The delivery; of a repeat the first one.
    delivery_id: DeliveryId,
    /// The run that it set off.
    run_id: TaskRunId,
    /// Present and true when it came before, and set nothing off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        let Receipt { delivery, run, duplicate } = receipt;
        Self { delivery_id: delivery, run_id: run, duplicate }
    }
}

/// 202, with nothing to look at for one who has no credential.
struct Taken(ReceiptView);

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        let mut response = Reply(self.0).into_response();
        *response.status_mut() = StatusCode::ACCEPTED;
        response
    }
}

impl OperationOutput for Taken {
    type Inner = ReceiptView;
    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<DocResponse> {
        Reply::<ReceiptView>::operation_response(ctx, operation)
    }
}

#[tracing::instrument(name = "api.hooks.take", skip_all)]
async fn take(State(app): State<AppState>, Incoming(arrival): Incoming) -> Result<Taken, ApiError> {
    Ok(Taken(app.hooks.take(arrival).await?.into()))
}

fn take_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "hooks_take",
        tag: "hooks",
        summary: "Deliver to a webhook",
        description: "Sets the task of the trigger off, once it is durable that it does. Signed with the trigger's \
            secret: `X-Agentcy-Signature: sha256=<hex>`, HMAC-SHA256 of the raw body, or Standard Webhooks \
            (`webhook-id`, `webhook-timestamp`, `webhook-signature`), which also stops replay. Whatever is wrong with \
            a delivery, the answer is the same 401. A repeat, told by `webhook-id`, else by `X-Agentcy-Delivery` or \
            the header that the trigger names, else by its body, is answered with the first one's ids.",
        audience: Audience::Signed,
        errors: &[ErrorCode::Malformed, ErrorCode::PayloadTooLarge],
    };
    let example =
        ReceiptView { delivery_id: samples::id(), run_id: samples::id(), duplicate: false };
    doc.of(op).response_with::<202, Taken, _>(|response| {
        response.description("What was taken in.").example(example)
    })
}
