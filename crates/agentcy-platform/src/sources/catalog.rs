//! What can be connected, and what can be done with it.

use agentcy_core::{
    Action, Caller,
    id::SourceId,
    tool::{ApprovalDefault, ApprovalDefaults, Effect},
};
use agentcy_sources::{Connector, Tool};
use agentcy_store::{Reader, orgs};
use serde_json::Value;

use super::find;
use crate::{Platform, Result};

/// A kind of source.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its name.
    pub source_type: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it brings.
    pub description: &'static str,
    /// JSON Schema of its config.
    pub config_schema: Value,
    /// JSON Schema of its credentials.
    pub credential_schema: Value,
    /// Whether it has something to sync.
    pub syncs: bool,
    /// Whether content can be uploaded for it.
    pub uploads: bool,
    /// What can be done with the live source.
    pub tools: Vec<ToolInfo>,
}

/// A tool as it is shown.
#[derive(Debug, Clone)]
pub struct ToolInfo {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// The most that it changes.
    pub effect: Effect,
    /// Whether the org's defaults have a person decide it.
    pub requires_approval: bool,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

/// Every kind of source, by name.
pub async fn catalog(platform: &Platform, caller: &Caller) -> Result<Vec<Kind>> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let defaults = defaults(&mut platform.db.read(&by).await?).await?;
    Ok(platform.connectors.iter().map(|connector| kind(&**connector, defaults)).collect())
}

/// The tools of a source. Errors: `not_found`.
pub async fn tools(platform: &Platform, caller: &Caller, id: SourceId) -> Result<Vec<ToolInfo>> {
    let by = platform.permit(caller, Action::SourceRead).await?;
    let mut reader = platform.db.read(&by).await?;
    let source = find(&mut reader, by.realms(), id).await?;
    let defaults = defaults(&mut reader).await?;
    let connector = platform.connectors.get(&source.source_type);
    Ok(connector.map(|connector| infos(&**connector, defaults)).unwrap_or_default())
}

async fn defaults(reader: &mut Reader) -> Result<ApprovalDefaults> {
    Ok(orgs::find(reader).await?.map(|org| org.approval_defaults).unwrap_or_default())
}

fn kind(connector: &dyn Connector, defaults: ApprovalDefaults) -> Kind {
    Kind {
        source_type: connector.source_type(),
        title: connector.title(),
        description: connector.description(),
        config_schema: connector.config_schema().to_value(),
        credential_schema: connector.credential_schema().to_value(),
        syncs: connector.syncs(),
        uploads: connector.uploads(),
        tools: infos(connector, defaults),
    }
}

fn infos(connector: &dyn Connector, defaults: ApprovalDefaults) -> Vec<ToolInfo> {
    let info = |tool: Tool| ToolInfo {
        name: tool.name,
        description: tool.description,
        effect: tool.effect,
        requires_approval: defaults.of(tool.effect) == ApprovalDefault::Approve,
        input_schema: tool.input_schema.to_value(),
    };
    connector.tools().into_iter().map(info).collect()
}
