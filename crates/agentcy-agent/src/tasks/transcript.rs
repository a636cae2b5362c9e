//! What was said and done in a run of a task.

use agentcy_core::{
    Caller, ErrorCode,
    id::{TaskId, TaskRunId},
};
use agentcy_platform::{
    Platform, Result,
    conversations::{self, Said},
    tasks,
};

/// All that was said and done in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// What its agent was told, and its answer with the calls that it made.
    pub said: Vec<Said>,
    /// Whether there were more calls than are shown.
    pub truncated: bool,
}

/// What was said and done in a run, as far as it has come; nothing before it has begun, and for whom its conversation is
/// not to be seen: of a task without a realm it may hold something of each.
///
/// Errors: `not_found`.
pub async fn transcript(
    platform: &Platform,
    caller: &Caller,
    task: TaskId,
    id: TaskRunId,
) -> Result<Option<Transcript>> {
    let run = tasks::run_of(platform, caller, task, id).await?;
    let Some((conversation, of_agent)) = run.conversation_id.zip(run.run_id) else {
        return Ok(None);
    };
    match conversations::of_run(platform, caller, conversation, of_agent).await {
        Ok((said, truncated)) => Ok(Some(Transcript { said, truncated })),
        Err(error) if error.code() == Some(ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
