//! The rules that an agent keeps, and what of it only an admin gives.

use agentcy_core::{
    By, Principal, Role,
    agent::{RunLimits, StandingApproval},
    id::SourceId,
    tool::{ApprovalDefault, ApprovalDefaults, Effect},
};
use agentcy_store::{Tenant, agents::Agent, sources};

use crate::{
    Platform, Result,
    error::Faults,
    grant,
    schema::{ArgsSchema, pins_every_argument},
    settings, text,
};

/// The tools that a model sees.
pub const TOOLS: [&str; 8] = [
    "search_graph",
    "expand_node",
    "run_cypher",
    "list_connectors",
    "search_connector_tools",
    "execute_connector_tool",
    "upsert_node",
    "link_nodes",
];

/// What a standing approval for a tool of the graph names as its connector.
const GRAPH: &str = "graph";
/// The tools of the graph that anybody would have to agree to.
const GRAPH_WRITES: [&str; 2] = ["upsert_node", "link_nodes"];

const MAX_INSTRUCTIONS: usize = 32 << 10;
const MOST_TOOLS: usize = 200;
const MOST_STANDING: usize = 50;

const TOOL_RULE: &str = "one of the tools of chat, or source.tool, either of which may be *";
pub(crate) const STANDING_BY: &str = "only an admin agrees to calls beforehand";
const LOOSER_BY: &str = "only an admin lets an agent do what the org asks a person for";

/// Checks what an agent is to become. What it was already is not judged again.
pub(super) async fn changed(
    platform: &Platform,
    by: &By,
    before: Option<&Agent>,
    after: &Agent,
) -> Result<()> {
    let mut faults = Faults::default();
    fields(after, &mut faults);
    let none = Vec::new();
    let agreed = before.map_or(&none, |before| &before.standing_approvals);
    let is_agreed = agreed == &after.standing_approvals;
    if !is_agreed {
        standing(platform, by, agreed, &after.standing_approvals, &mut faults).await?;
    }
    faults.into_result()?;
    if before.is_none_or(|before| before.realm != after.realm) {
        let within = after.realm.as_ref().is_none_or(|realm| by.realms().contains(realm));
        platform.permit_on(by, within, grant::REALMS_BEYOND).await?;
    }
    platform.permit_on(by, is_agreed || agrees(by), STANDING_BY).await?;
    if let Some(defaults) = after.approval_defaults
        && before.is_none_or(|before| before.approval_defaults != after.approval_defaults)
    {
        let org = settings::find(platform, by).await?;
        let may = !is_looser(defaults, org.approval_defaults) || agrees(by);
        platform.permit_on(by, may, LOOSER_BY).await?;
    }
    Ok(())
}

/// An admin, and of keys one that may decide approvals.
pub(crate) fn agrees(by: &By) -> bool {
    let caller = by.caller();
    let decides = caller.can_approve || matches!(caller.principal, Principal::User(_));
    caller.role >= Role::Admin && decides
}

pub(crate) fn is_looser(own: ApprovalDefaults, of_org: ApprovalDefaults) -> bool {
    [Effect::Read, Effect::Write, Effect::Destructive].into_iter().any(|effect| {
        own.of(effect) == ApprovalDefault::Allow && of_org.of(effect) == ApprovalDefault::Approve
    })
}

fn fields(agent: &Agent, faults: &mut Faults) {
    faults.require(text::is_name(&agent.name), "name", text::NAME_RULE);
    let instructions = &agent.instructions;
    let fit = instructions.len() <= MAX_INSTRUCTIONS && text::is_prose(instructions, usize::MAX);
    faults.require(fit, "instructions", "at most 32 kB, no control characters");
    if let Some(model) = &agent.model {
        let fits = (1..=200).contains(&model.chars().count()) && !model.contains(char::is_control);
        faults.require(fits, "model", "1 to 200 characters");
    }
    faults.require(agent.tools.len() <= MOST_TOOLS, "tools", "at most 200");
    for (index, tool) in agent.tools.iter().enumerate().take(MOST_TOOLS) {
        faults.require(is_tool(tool), format!("tools[{index}]"), TOOL_RULE);
    }
    limits(&agent.limits, faults);
}

fn is_tool(text: &str) -> bool {
    let named = |(connector, tool): (&str, &str)| !connector.is_empty() && !tool.is_empty();
    TOOLS.contains(&text)
        || text.chars().count() <= 200
            && !text.contains(char::is_control)
            && text.rsplit_once('.').is_some_and(named)
}

pub(crate) fn limits(limits: &RunLimits, faults: &mut Faults) {
    let steps = limits.steps.is_none_or(|steps| (1..=100).contains(&steps));
    faults.require(steps, "limits.steps", "1 to 100");
    let tokens = limits.tokens.is_none_or(|tokens| (1_000..=10_000_000).contains(&tokens));
    faults.require(tokens, "limits.tokens", "1000 to 10000000");
    let cost = limits.cost_usd.is_none_or(|cost| cost > 0.0 && cost <= 1000.0);
    faults.require(cost, "limits.cost_usd", "above 0 and up to 1000");
    let secs = limits.secs.is_none_or(|secs| (1..=86_400).contains(&secs));
    faults.require(secs, "limits.secs", "1 to 86400");
}

/// What is agreed to anew must be for a tool that there is, for some time to come, and within a schema that can be
/// checked; where the tool destroys, the schema leaves nothing open.
pub(crate) async fn standing(
    platform: &Platform,
    by: &By,
    before: &[StandingApproval],
    after: &[StandingApproval],
    faults: &mut Faults,
) -> Result<()> {
    faults.require(after.len() <= MOST_STANDING, "standing_approvals", "at most 50");
    let mut reader = platform.db.read(by).await?;
    for (index, one) in after.iter().enumerate().take(MOST_STANDING) {
        if before.contains(one) {
            continue;
        }
        let path = |field: &str| format!("standing_approvals[{index}].{field}");
        faults.require((1..=10_000).contains(&one.max_per_day), path("max_per_day"), "1 to 10000");
        let future = one.expires_at > platform.clock.now();
        faults.require(future, path("expires_at"), "in the future");
        if let Err(why) = ArgsSchema::compile(&one.args_schema) {
            faults.require(false, path("args_schema"), &why);
        } else if text::holds_nul(&one.args_schema) {
            faults.require(false, path("args_schema"), "no control characters");
        }
        match effect(platform, &mut reader, by, one).await? {
            None => faults.require(false, path("tool"), "there is no such tool"),
            Some(effect) => {
                let fits = effect != Effect::Destructive || pins_every_argument(&one.args_schema);
                let rule = "of a tool that destroys, gives each argument one value";
                faults.require(fits, path("args_schema"), rule);
            }
        }
    }
    Ok(())
}

/// What the tool does at the most.
async fn effect(
    platform: &Platform,
    tenant: &mut impl Tenant,
    by: &By,
    one: &StandingApproval,
) -> Result<Option<Effect>> {
    if one.connector == GRAPH {
        return Ok(GRAPH_WRITES.contains(&one.tool.as_str()).then_some(Effect::Write));
    }
    if !text::is_name(&one.connector) {
        return Ok(None);
    }
    let found = match one.connector.parse::<SourceId>() {
        Ok(id) => sources::find(tenant, id).await?,
        Err(_) => sources::find_by_name(tenant, &one.connector).await?,
    };
    let Some(source) = found.filter(|source| by.realms().contains(&source.realm)) else {
        return Ok(None);
    };
    let kind = platform.connectors.get(&source.source_type);
    let tools = kind.map(|kind| kind.tools()).unwrap_or_default();
    Ok(tools.into_iter().find(|tool| tool.name == one.tool).map(|tool| tool.effect))
}
