//! What answers: agents, their instructions, tools, limits, and what they may do without asking.

pub(crate) mod check;

use agentcy_core::{
    Action, By, Caller, ErrorCode, Realm, Realms,
    agent::{RunLimits, StandingApproval},
    id::AgentId,
    tool::ApprovalDefaults,
};
use agentcy_store::{
    OnConstraint, Tenant,
    agents::{self as store, Need},
    audit,
};
use serde_json::{Value, json};

use crate::{Change, Draft, Error, Listing, PageRequest, Platform, Result, realms};

pub use agentcy_store::agents::Agent;
pub use check::TOOLS;

/// An agent to define.
#[derive(Debug, Clone, Default)]
pub struct NewAgent {
    /// What people call it.
    pub name: String,
    /// What its model is told first.
    pub instructions: String,
    /// The model that it asks; none is the org's.
    pub model: Option<String>,
    /// The tools that it may use; none listed means every tool.
    pub tools: Vec<String>,
    /// The one realm that it sees.
    pub realm: Option<Realm>,
    /// What a run may use.
    pub limits: RunLimits,
    /// What its tools may do without asking; none is what the org says.
    pub approval_defaults: Option<ApprovalDefaults>,
    /// Calls that an admin agrees to before they are made.
    pub standing_approvals: Vec<StandingApproval>,
}

/// What to change of an agent.
#[derive(Debug, Clone, Default)]
pub struct AgentUpdate {
    /// What people call it.
    pub name: Option<String>,
    /// What its model is told first.
    pub instructions: Option<String>,
    /// The model that it asks.
    pub model: Change<String>,
    /// The tools that it may use, whole.
    pub tools: Option<Vec<String>>,
    /// The one realm that it sees.
    pub realm: Change<Realm>,
    /// What a run may use, whole.
    pub limits: Option<RunLimits>,
    /// What its tools may do without asking.
    pub approval_defaults: Change<ApprovalDefaults>,
    /// Calls that an admin agrees to before they are made, whole.
    pub standing_approvals: Option<Vec<StandingApproval>>,
}

/// The agents of the caller's realms, the newest first. Errors: `invalid_cursor`.
pub async fn list(
    platform: &Platform,
    caller: &Caller,
    page: PageRequest,
) -> Result<Listing<Agent>> {
    let by = platform.permit(caller, Action::AgentRead).await?;
    let scope = format!("{}/agents/{}", by.org_id(), by.realms().to_slugs().join(","));
    let after = platform.cursors.read(&scope, &page)?;
    let mut reader = platform.db.read(&by).await?;
    let found = store::list(&mut reader, by.realms(), page.limit, after).await?;
    Ok(platform.cursors.listing(&scope, found))
}

/// One agent. Errors: `not_found`.
pub async fn read(platform: &Platform, caller: &Caller, id: AgentId) -> Result<Agent> {
    let by = platform.permit(caller, Action::AgentRead).await?;
    find(&mut platform.db.read(&by).await?, &by, id).await
}

/// Defines an agent.
///
/// Errors: `invalid`, `unknown_realm`, `taken("name")`, `insufficient_role` (a foreign realm; what only an admin gives).
pub async fn create(platform: &Platform, caller: &Caller, new: NewAgent) -> Result<Draft<Agent>> {
    let by = platform.permit(caller, Action::AgentCreate).await?;
    let now = platform.clock.now();
    let agent = Agent {
        id: platform.ids.next(),
        name: new.name,
        instructions: new.instructions,
        model: new.model,
        tools: new.tools,
        realm: new.realm,
        limits: new.limits,
        approval_defaults: new.approval_defaults,
        standing_approvals: new.standing_approvals,
        created_by: caller.principal.to_string(),
        created_at: now,
        updated_at: now,
    };
    check::changed(platform, &by, None, &agent).await?;
    let mut tx = platform.db.begin(&by).await?;
    require_realm(&mut tx, &agent).await?;
    let inserted = store::insert(&mut tx, &agent).await;
    inserted.on_constraint(store::NAME_KEY, || Error::taken("name"))?;
    audit::record(&mut tx, &platform.done(&by, agent.id, details(&agent))).await?;
    Ok(Draft::new(platform, by, tx, agent))
}

/// Changes an agent. A run under way goes on with what it began with, but for what its tools may do.
///
/// Errors: those of [`create`]; `not_found`, `in_use` (somebody else changed it meanwhile).
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    id: AgentId,
    change: AgentUpdate,
) -> Result<Agent> {
    let by = platform.permit(caller, Action::AgentUpdate).await?;
    let before = find(&mut platform.db.read(&by).await?, &by, id).await?;
    let mut after = before.clone();
    after.name = change.name.unwrap_or(after.name);
    after.instructions = change.instructions.unwrap_or(after.instructions);
    change.model.apply(&mut after.model);
    after.tools = change.tools.unwrap_or(after.tools);
    change.realm.apply(&mut after.realm);
    after.limits = change.limits.unwrap_or(after.limits);
    change.approval_defaults.apply(&mut after.approval_defaults);
    after.standing_approvals = change.standing_approvals.unwrap_or(after.standing_approvals);
    if after == before {
        return Ok(after);
    }
    check::changed(platform, &by, Some(&before), &after).await?;
    after.updated_at = platform.clock.now();

    let mut tx = platform.db.begin(&by).await?;
    let locked = store::lock(&mut tx, id).await?.ok_or_else(|| Error::not_found("agent"))?;
    if locked != before {
        let message = "somebody else changed the agent meanwhile; read it again";
        return Err(Error::refused(ErrorCode::InUse, message));
    }
    require_realm(&mut tx, &after).await?;
    let updated = store::update(&mut tx, &after).await;
    updated.on_constraint(store::NAME_KEY, || Error::taken("name"))?;
    audit::record(&mut tx, &platform.done(&by, id, details(&after))).await?;
    tx.commit().await?;
    Ok(after)
}

/// Removes an agent. Its conversations stay, and its runs, which are over.
///
/// Errors: `not_found`, `in_use` (a task uses it; an answer of it is under way or waits).
pub async fn remove(platform: &Platform, caller: &Caller, id: AgentId) -> Result<()> {
    let by = platform.permit(caller, Action::AgentDelete).await?;
    let mut tx = platform.db.begin(&by).await?;
    let agent = store::lock(&mut tx, id).await?.filter(|agent| is_visible(&by, agent));
    let agent = agent.ok_or_else(|| Error::not_found("agent"))?;
    if let Some(need) = store::need(&mut tx, id).await? {
        return Err(Error::refused(ErrorCode::InUse, needed(need)));
    }
    store::delete(&mut tx, id, platform.clock.now()).await?;
    audit::record(&mut tx, &platform.done(&by, id, json!({ "name": agent.name }))).await?;
    Ok(tx.commit().await?)
}

/// Why an agent stays.
const fn needed(need: Need) -> &'static str {
    match need {
        Need::Task => "a task uses the agent",
        // Without it the answer would be narrowed by nothing any more.
        Need::Answer => "the agent is giving an answer, or one waits; let it end or cancel it",
    }
}

/// An agent that the caller sees; one outside their realms is as unknown as a foreign one.
pub async fn find(tenant: &mut impl Tenant, by: &By, id: AgentId) -> Result<Agent> {
    let agent = store::find(tenant, id).await?.filter(|agent| is_visible(by, agent));
    agent.ok_or_else(|| Error::not_found("agent"))
}

fn is_visible(by: &By, agent: &Agent) -> bool {
    agent.realm.as_ref().is_none_or(|realm| by.realms().contains(realm))
}

async fn require_realm(tx: &mut agentcy_store::Tx, agent: &Agent) -> Result<()> {
    match &agent.realm {
        Some(realm) => {
            realms::require_known(tx, "realm", &Realms::Only([realm.clone()].into())).await
        }
        None => Ok(()),
    }
}

/// What the audit row keeps: all that says what an agent may do, but schemas, which are long.
fn details(agent: &Agent) -> Value {
    let standing: Vec<_> = agent
        .standing_approvals
        .iter()
        .map(|one| {
            json!({ "connector": one.connector, "tool": one.tool, "max_per_day": one.max_per_day,
                    "expires_at": one.expires_at })
        })
        .collect();
    json!({
        "name": agent.name,
        "realm": agent.realm,
        "tools": agent.tools,
        "approval_defaults": agent.approval_defaults,
        "standing_approvals": standing,
    })
}
