//! `/chat/conversations/{conversation_id}/messages`: say something, and see what was said; `…/cancel` stops an answer.

use agentcy_agent::runs::{self, NewMessage};
use agentcy_core::{Action, ErrorCode, chat::OnBusy, id::ConversationId};
use agentcy_platform::conversations;
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    stream::{answering, answering_again, keep, kept},
    view::MessageView,
};
use crate::{
    docs::{Audience, Doc, done, ok, stream as stream_docs},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidJson, ValidQuery},
    http::{idempotency::Once, sse::Sse, watch::Watcher},
    respond::{Done, PageView, Reply},
    state::AppState,
};

const COLLECTION: &str = "/api/v1/chat/conversations/{conversation_id}/messages";
const CANCEL: &str = "/api/v1/chat/conversations/{conversation_id}/cancel";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(CANCEL, post_with(cancel, cancel_docs))
}

pub(super) fn streaming_router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(COLLECTION, post_with(send, send_docs))
}

/// Something to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MessageCreate {
    /// 1 to 100,000 characters.
    content: String,
    /// What happens while an answer is being given: `refuse` it (409 `run_active`), let it wait in a `queue`, or
    /// `interrupt` the answer. `refuse` unless given.
    on_busy: Option<OnBusy>,
}

impl From<MessageCreate> for NewMessage {
    fn from(body: MessageCreate) -> Self {
        let MessageCreate { content, on_busy } = body;
        Self { content, on_busy: on_busy.unwrap_or(OnBusy::Refuse) }
    }
}

#[tracing::instrument(name = "api.messages.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<MessageView>>, ApiError> {
    let page = query.into_request()?;
    let page = conversations::messages(&app.platform, &caller, id, page).await?;
    Ok(PageView::of(page, MessageView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "messages_list",
        tag: "chat",
        summary: "List what was said",
        description: "Messages with their text, tool calls, approvals, citations and usage; the newest first, those that \
            wait before all.",
        audience: Audience::May(Action::ConversationRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of messages.", PageView::sample(MessageView::sample()))
}

#[tracing::instrument(name = "api.messages.send", skip_all)]
async fn send(
    State(app): State<AppState>,
    watcher: Watcher,
    once: Once,
    IdPath(id): IdPath<ConversationId>,
    ValidJson(body): ValidJson<MessageCreate>,
) -> Result<Sse, ApiError> {
    if let Once::Repeat(answer) = &once {
        return answering_again(&app, watcher, &kept(answer)?).await;
    }
    let keep = keep(&once, |_| None, |_| Value::Null);
    let started = runs::send(&app.runs, watcher.caller(), id, body.into(), keep).await?;
    once.kept();
    Ok(answering(&app, watcher, &started))
}

fn send_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "messages_send",
        tag: "chat",
        summary: "Say something",
        description: "The answer is a stream of events, each with `id:` (its number in the conversation), `event:` and \
            JSON `data:`; the schema shows name and data side by side. It ends with one `message_end` or `error`. Losing \
            the connection stops nothing: `Content-Location` names the stream that goes on after `Last-Event-ID`. Ignore \
            events that you do not know. A line that begins with a colon every 15 s says that nothing is lost. With \
            `Idempotency-Key` a repeat is given the first answer from its first event.",
        audience: Audience::May(Action::MessageSend),
        errors: &[
            ErrorCode::NotFound,
            ErrorCode::InsufficientRole,
            ErrorCode::RunActive,
            ErrorCode::Csrf,
        ],
    };
    stream_docs(doc.of(op), "The answer.")
}

#[tracing::instrument(name = "api.messages.cancel", skip_all)]
async fn cancel(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
) -> Result<Done, ApiError> {
    runs::cancel(&app.runs, &caller, id).await?;
    Ok(Done)
}

fn cancel_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_cancel",
        tag: "chat",
        summary: "Stop the answer",
        description: "It ends a moment later with `message_end` and the reason `cancelled`; what was said so far stays. \
            Without an answer to stop nothing happens.",
        audience: Audience::May(Action::RunCancel),
        errors: &[ErrorCode::NotFound, ErrorCode::InsufficientRole],
    };
    done(doc.of(op), "The answer is stopped, or about to be.")
}
