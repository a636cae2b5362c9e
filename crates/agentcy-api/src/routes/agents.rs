//! `/agents`: define, find, change and remove who answers.

use agentcy_core::{
    Action, ErrorCode, Realm,
    agent::{RunLimits, StandingApproval},
    id::AgentId,
    tool::ApprovalDefaults,
};
use agentcy_platform::agents::{self, AgentUpdate, NewAgent};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use self::view::AgentView;
use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    patch::Patch,
    respond::{Created, Done, PageView, Reply, created},
    state::AppState,
};

mod runs;
mod view;

const COLLECTION: &str = "/api/v1/agents";
const ITEM: &str = "/api/v1/agents/{agent_id}";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(
            ITEM,
            get_with(read, read_docs)
                .patch_with(update, update_docs)
                .delete_with(remove, remove_docs),
        )
        .merge(runs::router())
}

/// Routes whose answer is a stream, also to a repeat.
pub(crate) fn streaming_router() -> ApiRouter<AppState> {
    runs::streaming_router()
}

/// An agent to define.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgentCreate {
    /// 1 to 100 characters, unique in the org whatever its case.
    name: String,
    /// What the model is told first.
    #[serde(default)]
    instructions: String,
    /// The model that it asks; the org's unless given.
    model: Option<String>,
    /// The tools that it may use; none listed means every tool. Those of sources are listed as `source.tool`, the source
    /// by its name or id, and `*` stands for every source or every tool: once one is listed, `execute_connector_tool`
    /// runs those alone, whether it is listed itself or not.
    #[serde(default)]
    tools: Vec<String>,
    /// The one realm that it sees.
    realm: Option<Realm>,
    #[serde(default)]
    limits: RunLimits,
    /// What its tools may do without asking; as the org has it unless given.
    approval_defaults: Option<ApprovalDefaults>,
    /// Calls that are agreed to before they are made; for admins to give.
    #[serde(default)]
    standing_approvals: Vec<StandingApproval>,
}

/// What to change of an agent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgentPatch {
    name: Option<String>,
    instructions: Option<String>,
    /// Null is the org's.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    model: Patch<String>,
    /// The tools that it may use, as when it is made; replaces them whole.
    tools: Option<Vec<String>>,
    /// Null lifts the limit.
    #[serde(default)]
    #[schemars(with = "Option<Realm>")]
    realm: Patch<Realm>,
    /// Replaces them whole.
    limits: Option<RunLimits>,
    /// Null is as the org has it.
    #[serde(default)]
    #[schemars(with = "Option<ApprovalDefaults>")]
    approval_defaults: Patch<ApprovalDefaults>,
    /// Replaces them whole; for admins to give.
    standing_approvals: Option<Vec<StandingApproval>>,
}

impl From<AgentCreate> for NewAgent {
    fn from(body: AgentCreate) -> Self {
        Self {
            name: body.name,
            instructions: body.instructions,
            model: body.model,
            tools: body.tools,
            realm: body.realm,
            limits: body.limits,
            approval_defaults: body.approval_defaults,
            standing_approvals: body.standing_approvals,
        }
    }
}

impl From<AgentPatch> for AgentUpdate {
    fn from(body: AgentPatch) -> Self {
        Self {
            name: body.name,
            instructions: body.instructions,
            model: body.model.0,
            tools: body.tools,
            realm: body.realm.0,
            limits: body.limits,
            approval_defaults: body.approval_defaults.0,
            standing_approvals: body.standing_approvals,
        }
    }
}

#[tracing::instrument(name = "api.agents.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<AgentView>>, ApiError> {
    let page = agents::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, AgentView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_list",
        tag: "agents",
        summary: "List agents",
        description: "Those of the caller's realms, the newest first.",
        audience: Audience::May(Action::AgentRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of agents.", PageView::sample(AgentView::sample()))
}

#[tracing::instrument(name = "api.agents.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    ValidJson(body): ValidJson<AgentCreate>,
) -> Result<Created, ApiError> {
    let draft = agents::create(&app.platform, &caller, body.into()).await?;
    let location = format!("{COLLECTION}/{}", draft.value().id);
    created(draft, &once, location, |agent| AgentView::from(agent.clone())).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_create",
        tag: "agents",
        summary: "Define an agent",
        description: "Its runs act in the name of whoever starts them, within its tools and its realm. Standing approvals, \
            and defaults that let more pass than the org's, are for admins to give.",
        audience: Audience::May(Action::AgentCreate),
        errors: &[ErrorCode::UnknownRealm, ErrorCode::Taken],
    };
    created_docs(doc.of(op), "The agent.", AgentView::sample())
}

#[tracing::instrument(name = "api.agents.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<AgentId>,
) -> Result<Reply<AgentView>, ApiError> {
    Ok(Reply(agents::read(&app.platform, &caller, id).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_read",
        tag: "agents",
        summary: "Read an agent",
        description: "With its instructions, tools and limits.",
        audience: Audience::May(Action::AgentRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The agent.", AgentView::sample())
}

#[tracing::instrument(name = "api.agents.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<AgentId>,
    ValidJson(body): ValidJson<AgentPatch>,
) -> Result<Reply<AgentView>, ApiError> {
    Ok(Reply(agents::update(&app.platform, &caller, id, body.into()).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_update",
        tag: "agents",
        summary: "Change an agent",
        description: "It holds from the next answer on, and for one that waits for a person as soon as that goes on.",
        audience: Audience::May(Action::AgentUpdate),
        errors: &[ErrorCode::NotFound, ErrorCode::UnknownRealm, ErrorCode::Taken, ErrorCode::InUse],
    };
    ok(doc.of(op), "The agent.", AgentView::sample())
}

#[tracing::instrument(name = "api.agents.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(id): IdPath<AgentId>,
) -> Result<Done, ApiError> {
    agents::remove(&app.platform, &caller, id).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "agents_remove",
        tag: "agents",
        summary: "Remove an agent",
        description: "Its conversations stay, and go on with the plain assistant. While an answer of it is under way or \
            waits, it is refused: let that end, or cancel it. So it is while a task uses the agent.",
        audience: Audience::May(Action::AgentDelete),
        errors: &[ErrorCode::NotFound, ErrorCode::InUse],
    };
    done(doc.of(op), "The agent is gone.")
}
