//! `/chat/conversations/{conversation_id}/tool-calls`: what models asked for, and what came of it.

use agentcy_core::{Action, ErrorCode, id::ConversationId};
use agentcy_platform::conversations;
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;

use super::view::ToolCallView;
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidQuery},
    respond::{PageView, Reply},
    state::AppState,
};

const COLLECTION: &str = "/api/v1/chat/conversations/{conversation_id}/tool-calls";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(COLLECTION, get_with(list, list_docs))
}

#[tracing::instrument(name = "api.tool_calls.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<ToolCallView>>, ApiError> {
    let page = query.into_request()?;
    let page = conversations::tool_calls(&app.platform, &caller, id, page).await?;
    Ok(PageView::of(page, ToolCallView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_tool_calls",
        tag: "chat",
        summary: "List the tool calls of a conversation",
        description: "With arguments, effect, why each was let pass, and what the model was told; the newest first.",
        audience: Audience::May(Action::ConversationRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of tool calls.", PageView::sample(ToolCallView::sample()))
}
