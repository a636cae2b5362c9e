//! Looking at runs.

use agentcy_core::{
    Action, By, Caller, Role,
    id::{AgentId, RunId},
};
use agentcy_platform::{Error, Listing, PageRequest, Platform, Result, agents, conversations};
use agentcy_store::{
    Tx,
    runs::{self as store, Run},
};

use super::Runs;

/// The runs of an agent, the newest first: one's own, and for admins everybody's.
///
/// Errors: `not_found`, `invalid_cursor`.
#[tracing::instrument(name = "runs.list_of_agent", skip_all)]
pub async fn list_of_agent(
    runs: &Runs,
    caller: &Caller,
    agent: AgentId,
    page: PageRequest,
) -> Result<Listing<Run>> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::AgentRead).await?;
    let starter = (caller.role < Role::Admin).then(|| caller.principal.to_string());
    let whose = starter.as_deref().unwrap_or("*");
    let scope = format!("{}/agents/{agent}/runs/{whose}", by.org_id());
    let after = platform.after(&scope, &page)?;
    let mut reader = platform.read(&by).await?;
    agents::find(&mut reader, &by, agent).await?;
    let found =
        store::list_of_agent(&mut reader, agent, starter.as_deref(), page.limit, after).await?;
    Ok(platform.listing(&scope, found))
}

/// One run of an agent.
///
/// Errors: `not_found`.
#[tracing::instrument(name = "runs.retrieve", skip_all)]
pub async fn retrieve(runs: &Runs, caller: &Caller, agent: AgentId, id: RunId) -> Result<Run> {
    let platform = &runs.platform;
    let by = platform.permit(caller, Action::AgentRead).await?;
    let mut tx = platform.begin(&by).await?;
    let run = of_agent(platform, &by, &mut tx, agent, id).await?;
    tx.commit().await?;
    Ok(run)
}

/// A run of this agent in a conversation that the caller sees.
pub(super) async fn of_agent(
    platform: &Platform,
    by: &By,
    tx: &mut Tx,
    agent: AgentId,
    id: RunId,
) -> Result<Run> {
    let run = store::find(tx, id).await?.filter(|run| run.agent_id == Some(agent));
    let run = run.ok_or_else(|| Error::not_found("run"))?;
    match conversations::visible(platform, by, tx, run.conversation_id).await {
        Ok(_) => Ok(run),
        Err(Error::Refused { .. }) => Err(Error::not_found("run")),
        Err(error) => Err(error),
    }
}
