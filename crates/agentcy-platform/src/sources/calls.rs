//! What a call of a source's tool would do, before it is made.

use agentcy_core::{Action, By, Caller, ErrorCode, Timestamp, id::SourceId, tool::Effect};
use agentcy_store::{Tenant, sources as store};
use serde_json::Value;

use super::{Settings, tools::run};
use crate::{Error, Platform, Result};

/// A call of a source's tool, judged by the settings that the source had then.
#[derive(Debug, Clone)]
pub struct ToolCall {
    /// The source.
    pub source: SourceId,
    /// What people call it.
    pub source_name: String,
    /// When its settings or its content last changed.
    pub version: Timestamp,
    /// The tool.
    pub tool: String,
    /// The arguments.
    pub args: Value,
    /// What the call changes.
    pub effect: Effect,
    /// What the arguments must fit, as a JSON Schema.
    pub input_schema: Value,
}

/// What a call would do at the source of this id or name.
///
/// Errors: `not_found` (source, tool), `source_validation_failed` (a kind that is gone from the server).
pub async fn judge_tool(
    platform: &Platform,
    caller: &Caller,
    source: &str,
    tool: &str,
    args: Value,
) -> Result<ToolCall> {
    let by = platform.permit(caller, Action::SourceToolRun).await?;
    let source = named(&mut platform.db.read(&by).await?, &by, source).await?;
    let kind = platform.connectors.get(&source.source_type).ok_or_else(|| {
        let message = format!("this server has no connector {}", source.source_type);
        Error::refused(ErrorCode::SourceValidationFailed, message)
    })?;
    let known = kind.tools().into_iter().find(|one| one.name == tool);
    let known = known.ok_or_else(|| Error::not_found("tool"))?;
    Ok(ToolCall {
        source: source.id,
        version: source.updated_at,
        tool: tool.to_owned(),
        effect: kind.effect(&source.config, tool, &args),
        input_schema: known.input_schema.to_value(),
        source_name: source.name,
        args,
    })
}

/// Makes a call that was judged. Errors: those of [`super::run_tool`]; `in_use` (the source was changed since).
pub async fn run_judged(
    platform: &Platform,
    caller: &Caller,
    call: &ToolCall,
) -> Result<super::Output> {
    run(platform, caller, call.source, &call.tool, &call.args, Some(call)).await
}

/// Whether a source still is what the call was judged by.
pub(super) fn is_as_judged(call: &ToolCall, source: &store::Source, settings: &Settings) -> bool {
    let effect = settings.connector.effect(&settings.config, &call.tool, &call.args);
    source.updated_at == call.version && effect == call.effect
}

/// The source of this id or name in the caller's realms; what others see is unknown to them.
async fn named(tenant: &mut impl Tenant, by: &By, text: &str) -> Result<store::Source> {
    let found = match text.parse::<SourceId>() {
        Ok(id) => store::find(tenant, id).await?,
        Err(_) => store::find_by_name(tenant, text).await?,
    };
    let found = found.filter(|source| by.realms().contains(&source.realm));
    found.ok_or_else(|| Error::not_found("source"))
}
