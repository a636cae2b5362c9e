//! Approvals: what waits for a person, in a conversation and across them, and the decision.

use agentcy_agent::approvals::{self, Decision, Which};
use agentcy_core::{
    Action, ErrorCode,
    id::{ApprovalId, ConversationId},
};
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
use serde_json::{Map, Value};

use super::view::ApprovalView;
use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, IdPaths, Known, PageQuery, ValidJson, ValidQuery},
    respond::{PageView, Reply},
    state::AppState,
};

const INBOX: &str = "/api/v1/chat/approvals";
const COLLECTION: &str = "/api/v1/chat/conversations/{conversation_id}/approvals";
const ITEM: &str = "/api/v1/chat/conversations/{conversation_id}/approvals/{approval_id}";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(INBOX, get_with(inbox, inbox_docs))
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(ITEM, post_with(decide, decide_docs))
}

/// A person's word.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    /// Whether the call may run.
    approved: bool,
    /// Why, up to 2,000 characters; the model is told when it may not.
    note: Option<String>,
    /// Put in place of the arguments, checked against the tool's schema.
    args: Option<Map<String, Value>>,
    /// For how long the same call in this conversation needs no other decision.
    #[schemars(range(min = 1, max = 86_400))]
    remember_secs: Option<u32>,
}

impl From<DecisionBody> for Decision {
    fn from(body: DecisionBody) -> Self {
        let DecisionBody { approved, note, args, remember_secs } = body;
        Self { approved, note, args: args.map(Value::Object), remember_secs }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    /// Which: what waits for the caller, unless said.
    #[serde(default)]
    state: InboxState,
    /// How many items, 1 to 200; 50 unless said.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum InboxState {
    /// What the caller may decide.
    #[default]
    Waiting,
    /// What was decided or ended otherwise, in conversations that the caller sees.
    Decided,
}

#[tracing::instrument(name = "api.approvals.inbox", skip_all)]
async fn inbox(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(InboxQuery { state, limit, cursor }): ValidQuery<InboxQuery>,
) -> Result<Reply<PageView<ApprovalView>>, ApiError> {
    let page = PageQuery::request(limit, cursor)?;
    let which = match state {
        InboxState::Waiting => Which::Waiting,
        InboxState::Decided => Which::Decided,
    };
    let page = approvals::inbox(&app.platform, &caller, which, page).await?;
    Ok(PageView::of(page, ApprovalView::from))
}

fn inbox_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "approvals_inbox",
        tag: "chat",
        summary: "List what waits for you",
        description: "Everything that the caller may decide, or with `state=decided` what was, across conversations; the newest first.",
        audience: Audience::May(Action::ApprovalRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of approvals.", PageView::sample(ApprovalView::sample()))
}

#[tracing::instrument(name = "api.approvals.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<ApprovalView>>, ApiError> {
    let page = query.into_request()?;
    let page = approvals::of_conversation(&app.platform, &caller, id, page).await?;
    Ok(PageView::of(page, ApprovalView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_approvals",
        tag: "chat",
        summary: "List the approvals of a conversation",
        description: "Decided ones too; the newest first.",
        audience: Audience::May(Action::ApprovalRead),
        errors: &[ErrorCode::NotFound, ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of approvals.", PageView::sample(ApprovalView::sample()))
}

#[tracing::instrument(name = "api.approvals.decide", skip_all)]
async fn decide(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPaths(conversation, approval): IdPaths<ConversationId, ApprovalId>,
    ValidJson(body): ValidJson<DecisionBody>,
) -> Result<Reply<ApprovalView>, ApiError> {
    let decided =
        approvals::decide(&app.platform, &caller, conversation, approval, body.into()).await?;
    Ok(Reply(decided.into()))
}

fn decide_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "approvals_decide",
        tag: "chat",
        summary: "Decide an approval",
        description: "The run goes on at once, and the tool runs at most once for it. Of several decisions one wins. A \
            destructive call is decided by admins; an API key decides only if it was made with `can_approve`.",
        audience: Audience::May(Action::ApprovalDecide),
        errors: &[ErrorCode::NotFound, ErrorCode::ApprovalDecided, ErrorCode::ApprovalExpired],
    };
    ok(doc.of(op), "The approval, decided.", ApprovalView::sample())
}
