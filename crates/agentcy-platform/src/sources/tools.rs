//! Tools of a source, run for somebody.

use std::time::Duration;

use agentcy_core::{Action, Caller, ErrorCode, Role, id::SourceId, tool::Effect};
use agentcy_sources::{Content, Job, Output};
use agentcy_store::audit;
use serde_json::{Value, json};

use super::{
    StoredContent, calls, find,
    settings::{Settings, refusal, too_slow},
};
use crate::{Error, Platform, Result};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_mins(1);

const READ_ONLY: &str = "a viewer runs tools that only read";
const CHANGED: &str = "the source was changed after the call was judged";

/// Runs a tool of a source. Whether a person must decide first is the caller's to ask before.
///
/// Errors: `not_found` (source, tool), `insufficient_role` (a viewer, and the call would write),
/// `source_validation_failed` (the arguments), `upstream_refused`, `upstream_unavailable`.
pub async fn run_tool(
    platform: &Platform,
    caller: &Caller,
    id: SourceId,
    tool: &str,
    args: &Value,
) -> Result<Output> {
    run(platform, caller, id, tool, args, None).await
}

/// The same; a call that was judged before is made only of a source that nobody changed since.
pub(super) async fn run(
    platform: &Platform,
    caller: &Caller,
    id: SourceId,
    tool: &str,
    args: &Value,
    judged: Option<&calls::ToolCall>,
) -> Result<Output> {
    let by = platform.permit(caller, Action::SourceToolRun).await?;
    let source = find(&mut platform.db.read(&by).await?, by.realms(), id).await?;
    let settings = Settings::stored(platform, by.org_id(), &source)?;
    if judged.is_some_and(|call| !calls::is_as_judged(call, &source, &settings)) {
        return Err(Error::refused(ErrorCode::InUse, CHANGED));
    }
    let effect = settings.connector.effect(&settings.config, tool, args);
    let may = effect == Effect::Read || caller.role >= Role::Member;
    platform.permit_on(&by, may, READ_ONLY).await?;
    if effect != Effect::Read {
        // Before the effect, which cannot be taken back with a transaction.
        let mut tx = platform.db.begin(&by).await?;
        let details = json!({ "tool": tool, "effect": effect });
        audit::record(&mut tx, &platform.done(&by, id, details)).await?;
        tx.commit().await?;
    }
    let files = platform.files_of(by.org_id()).await?;
    let content = StoredContent::of(platform, &by, &source);
    let cache = platform.cache_of(by.org_id(), id);
    let job = Job {
        config: &settings.config,
        credentials: &settings.credentials,
        egress: &platform.egress,
        files: &files,
        content: content.as_ref().map(|content| content as &dyn Content),
        cursor: None,
        cache: cache.as_deref(),
    };
    let ran = tokio::time::timeout(PATIENCE, settings.connector.execute(job, tool, args)).await;
    ran.map_err(|_| too_slow())?.map_err(refusal)
}
