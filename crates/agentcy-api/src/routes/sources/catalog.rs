//! `/sources/catalog` and the tools of a source: what can be connected, and what can be done with it.

use agentcy_core::{Action, ErrorCode, id::SourceId, tool::Effect};
use agentcy_platform::sources::{self, Kind, ToolInfo};
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{IdPath, Known},
    respond::Reply,
    state::AppState,
};

const CATALOG: &str = "/api/v1/sources/catalog";
const TOOLS: &str = "/api/v1/sources/{source_id}/tools";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(CATALOG, get_with(catalog, catalog_docs))
        .api_route(TOOLS, get_with(tools, tools_docs))
}

/// Everything that can be connected.
#[derive(Debug, Serialize, JsonSchema)]
struct CatalogView {
    items: Vec<KindView>,
}

/// A kind of source.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourceKind")]
struct KindView {
    source_type: String,
    title: String,
    description: String,
    /// JSON Schema of `config`.
    config_schema: Value,
    /// JSON Schema of `credentials`.
    credential_schema: Value,
    /// Whether it has something to sync, or tools only.
    syncs: bool,
    /// Whether content can be uploaded for it.
    uploads: bool,
    tools: Vec<ToolView>,
}

/// The tools of a source.
#[derive(Debug, Serialize, JsonSchema)]
struct ToolsView {
    items: Vec<ToolView>,
}

/// Something that can be done with the live source.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourceTool")]
struct ToolView {
    name: String,
    description: String,
    /// The most that a call changes; some arguments make it less.
    effect: Effect,
    /// Whether the org's defaults have a person decide it.
    requires_approval: bool,
    /// JSON Schema of its arguments.
    input_schema: Value,
}

impl From<Kind> for KindView {
    fn from(kind: Kind) -> Self {
        Self {
            source_type: kind.source_type.to_owned(),
            title: kind.title.to_owned(),
            description: kind.description.to_owned(),
            config_schema: kind.config_schema,
            credential_schema: kind.credential_schema,
            syncs: kind.syncs,
            uploads: kind.uploads,
            tools: kind.tools.into_iter().map(ToolView::from).collect(),
        }
    }
}

impl From<ToolInfo> for ToolView {
    fn from(tool: ToolInfo) -> Self {
        Self {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            effect: tool.effect,
            requires_approval: tool.requires_approval,
            input_schema: tool.input_schema,
        }
    }
}

#[tracing::instrument(name = "api.sources.catalog", skip_all)]
async fn catalog(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<CatalogView>, ApiError> {
    let kinds = sources::catalog(&app.platform, &caller).await?;
    Ok(Reply(CatalogView { items: kinds.into_iter().map(KindView::from).collect() }))
}

fn catalog_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_catalog",
        tag: "sources",
        summary: "List the kinds of sources",
        description: "What each asks for as JSON Schema, and the tools that it brings.",
        audience: Audience::May(Action::SourceRead),
        errors: &[],
    };
    ok(doc.of(op), "Every kind, by name.", CatalogView { items: vec![KindView::sample()] })
}

#[tracing::instrument(name = "api.sources.tools", skip_all)]
async fn tools(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(source_id): IdPath<SourceId>,
) -> Result<Reply<ToolsView>, ApiError> {
    let tools = sources::tools(&app.platform, &caller, source_id).await?;
    Ok(Reply(ToolsView { items: tools.into_iter().map(ToolView::from).collect() }))
}

fn tools_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "sources_tools",
        tag: "sources",
        summary: "List the tools of a source",
        description: "What an agent can do with the live source, and what that changes.",
        audience: Audience::May(Action::SourceRead),
        errors: &[ErrorCode::NotFound],
    };
    ok(doc.of(op), "The tools.", ToolsView { items: vec![ToolView::sample()] })
}

impl KindView {
    fn sample() -> Self {
        Self {
            source_type: "git".to_owned(),
            title: "Git repository".to_owned(),
            description: "Commits, authors, files, branches and tags of a repository.".to_owned(),
            config_schema: json!({ "type": "object", "properties": { "url": { "type": "string" } } }),
            credential_schema: json!({ "type": "object", "properties": { "password": { "type": "string" } } }),
            syncs: true,
            uploads: false,
            tools: vec![ToolView::sample()],
        }
    }
}

impl ToolView {
    fn sample() -> Self {
        Self {
            name: "log".to_owned(),
            description: "Lists commits, the newest first.".to_owned(),
            effect: Effect::Read,
            requires_approval: false,
            input_schema: json!({ "type": "object", "properties": { "path": { "type": "string" } } }),
        }
    }
}
