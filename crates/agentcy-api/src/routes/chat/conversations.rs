//! `/chat/conversations`: begin, find, rename, move, put away and delete them.

use agentcy_core::{
    Action, ErrorCode, Realm,
    id::{AgentId, ConversationId},
};
use agentcy_platform::conversations::{
    self, ConversationFilter, ConversationUpdate, NewConversation,
};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::ConversationView;
use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, MaybeJson, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    patch::Patch,
    respond::{Created, Done, PageView, Reply, created},
    state::AppState,
};

const COLLECTION: &str = "/api/v1/chat/conversations";
const ITEM: &str = "/api/v1/chat/conversations/{conversation_id}";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(
            ITEM,
            get_with(read, read_docs)
                .patch_with(update, update_docs)
                .delete_with(remove, remove_docs),
        )
}

/// A conversation to be begun.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConversationCreate {
    /// Up to 200 characters; taken from the first message unless given.
    title: Option<String>,
    /// The agent that shall answer; the plain assistant unless given.
    agent_id: Option<AgentId>,
    /// The one realm that its answers shall draw on.
    realm: Option<Realm>,
}

/// What to change of a conversation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConversationPatch {
    title: Option<String>,
    archived: Option<bool>,
    /// Null lifts the limit.
    #[serde(default)]
    #[schemars(with = "Option<Realm>")]
    realm: Patch<Realm>,
}

/// Which conversations to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only those with this in their title or in what was said, whatever the case, among the latest 2,000.
    q: Option<String>,
    /// Only those put away, or only the others; both unless given.
    archived: Option<bool>,
    /// How many items, 1 to 200; 50 unless said.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[tracing::instrument(name = "api.conversations.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<ListQuery>,
) -> Result<Reply<PageView<ConversationView>>, ApiError> {
    let ListQuery { q, archived, limit, cursor } = query;
    let page = PageQuery::request(limit, cursor)?;
    let filter = ConversationFilter { query: q, archived };
    let page = conversations::list(&app.platform, &caller, filter, page).await?;
    Ok(PageView::of(page, ConversationView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_list",
        tag: "chat",
        summary: "List conversations",
        description: "The caller's own and those of the org, the latest activity first.",
        audience: Audience::May(Action::ConversationRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of conversations.", PageView::sample(ConversationView::sample()))
}

#[tracing::instrument(name = "api.conversations.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    MaybeJson(body): MaybeJson<ConversationCreate>,
) -> Result<Created, ApiError> {
    let ConversationCreate { title, agent_id, realm } = body;
    let new = NewConversation { title, agent_id, realm };
    let draft = conversations::create(&app.platform, &caller, new).await?;
    let location = format!("{COLLECTION}/{}", draft.value().id);
    created(draft, &once, location, |made| ConversationView::from(made.clone())).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_create",
        tag: "chat",
        summary: "Begin a conversation",
        description: "It belongs to the caller: nobody else sees it but admins, whose look is audited.",
        audience: Audience::May(Action::ConversationCreate),
        errors: &[ErrorCode::UnknownRealm],
    };
    created_docs(doc.of(op), "The conversation.", ConversationView::sample())
}

#[tracing::instrument(name = "api.conversations.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
) -> Result<Reply<ConversationView>, ApiError> {
    Ok(Reply(conversations::read(&app.platform, &caller, id).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_read",
        tag: "chat",
        summary: "Read a conversation",
        description: "Without what was said: that is `GET …/messages`.",
        audience: Audience::May(Action::ConversationRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The conversation.", ConversationView::sample())
}

#[tracing::instrument(name = "api.conversations.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
    ValidJson(body): ValidJson<ConversationPatch>,
) -> Result<Reply<ConversationView>, ApiError> {
    let ConversationPatch { title, archived, realm } = body;
    let change = ConversationUpdate { title, archived, realm: realm.0 };
    Ok(Reply(conversations::update(&app.platform, &caller, id, change).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_update",
        tag: "chat",
        summary: "Change a conversation",
        description: "Rename it, put it away, or move it to a realm, which holds from the next answer on: while one is \
            being given or waits for a person, the realm stays.",
        audience: Audience::May(Action::ConversationUpdate),
        errors: &[ErrorCode::NotFound, ErrorCode::UnknownRealm, ErrorCode::RunActive],
    };
    ok(doc.of(op), "The conversation.", ConversationView::sample())
}

#[tracing::instrument(name = "api.conversations.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<ConversationId>,
) -> Result<Done, ApiError> {
    conversations::remove(&app.platform, &caller, id).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "conversations_remove",
        tag: "chat",
        summary: "Delete a conversation",
        description: "With all that was said in it. One that is being answered is stopped first with `POST …/cancel`.",
        audience: Audience::May(Action::ConversationDelete),
        errors: &[ErrorCode::NotFound, ErrorCode::RunActive],
    };
    done(doc.of(op), "The conversation is gone.")
}
