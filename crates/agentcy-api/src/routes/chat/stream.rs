//! `/chat/conversations/{conversation_id}/stream`: what happens in a conversation, from any event on; and the answer
//! that somebody asked for.

use agentcy_agent::runs::{self, Keep, Started};
use agentcy_core::{
    Action, ErrorCode, FieldError,
    id::{ConversationId, RunId},
};
use agentcy_platform::Answer;
use aide::{
    OperationInput,
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode, request::Parts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    docs::{Audience, Doc, done, stream as stream_docs},
    error::ApiError,
    extract::{IdPath, ValidQuery},
    http::{idempotency::Once, sse::Sse, watch::Watcher},
    state::AppState,
};

const ITEM: &str = "/api/v1/chat/conversations/{conversation_id}/stream";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(follow, follow_docs))
}

/// Where a conversation is followed.
fn place(id: ConversationId) -> String {
    ITEM.replace("{conversation_id}", &id.to_string())
}

/// What a repeat is answered from.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    conversation_id: ConversationId,
    run_id: RunId,
    after: i64,
    /// What was answered where no stream was asked for.
    pub(crate) view: Value,
}

/// Keeps what a repeat is answered from in the transaction of the start.
pub(crate) fn keep(
    once: &Once,
    location: impl FnOnce(&Started) -> Option<String> + Send + 'static,
    view: impl FnOnce(&Started) -> Value + Send + 'static,
) -> Option<Keep> {
    let Once::First(kept) = once else { return None };
    let answer = move |started: &Started| {
        let kept = Kept {
            conversation_id: started.run.conversation_id,
            run_id: started.run.id,
            after: started.after,
            view: view(started),
        };
        let body = serde_json::to_string(&kept).unwrap_or_default();
        Answer { status: 202, location: location(started), body }
    };
    Some(Keep { slot: kept.slot().clone(), answer: Box::new(answer) })
}

/// What was kept of the first request.
pub(crate) fn kept(answer: &Answer) -> Result<Kept, ApiError> {
    serde_json::from_str(&answer.body).map_err(|error| {
        ApiError::new(ErrorCode::Internal, "the first answer cannot be read").caused_by(error)
    })
}

/// The answer that was just asked for.
pub(crate) fn answering(app: &AppState, watcher: Watcher, started: &Started) -> Sse {
    let tail = watcher.watch(app, runs::answer(&app.runs, started));
    Sse { tail, place: place(started.run.conversation_id) }
}

/// The same for a repeat, from its first event.
pub(crate) async fn answering_again(
    app: &AppState,
    watcher: Watcher,
    kept: &Kept,
) -> Result<Sse, ApiError> {
    let &Kept { conversation_id, run_id, after, .. } = kept;
    let tail =
        runs::answer_again(&app.runs, watcher.caller(), conversation_id, run_id, after).await?;
    Ok(Sse { tail: watcher.watch(app, tail), place: place(conversation_id) })
}

/// From where on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AfterQuery {
    /// The number of the last event that is known; everything from the beginning unless given. `Last-Event-ID` wins.
    #[schemars(range(min = 0))]
    after: Option<i64>,
}

/// The header that a browser sends when it comes back.
struct LastEvent(Option<i64>);

impl FromRequestParts<AppState> for LastEvent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        const NAME: HeaderName = HeaderName::from_static("last-event-id");
        let mut values = parts.headers.get_all(NAME).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        match number.filter(|_| values.next().is_none()) {
            Some(number) => Ok(Self(Some(number))),
            None => Err(ApiError::invalid(vec![FieldError::new(
                "Last-Event-ID",
                "is the number of an event",
            )])),
        }
    }
}

impl OperationInput for LastEvent {}

#[tracing::instrument(name = "api.conversations.stream", skip_all)]
async fn follow(
    State(app): State<AppState>,
    watcher: Watcher,
    IdPath(id): IdPath<ConversationId>,
    LastEvent(last): LastEvent,
    ValidQuery(query): ValidQuery<AfterQuery>,
) -> Result<Response, ApiError> {
    let after = last.or(query.after).unwrap_or_default();
    match runs::follow(&app.runs, watcher.caller(), id, after).await? {
        Some(tail) => Ok(Sse { tail: watcher.watch(&app, tail), place: place(id) }.into_response()),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn follow_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_stream",
        tag: "chat",
        summary: "Follow a conversation",
        description: "Every event after `Last-Event-ID` or `after`, byte for byte as it was first sent, then what \
            happens, until no answer is being given. On any replica. A ticket of `POST /auth/ticket` as `?token=` \
            opens it where a browser cannot send headers. `Last-Event-ID` wins over `after`.",
        audience: Audience::May(Action::ConversationRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::Csrf],
    };
    let op = stream_docs(doc.of(op), "The events.");
    done(op, "No answer is being given, and nothing is newer.")
}
