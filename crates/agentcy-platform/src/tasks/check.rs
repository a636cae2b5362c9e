//! The rules that a task keeps, and what of it only an admin gives.

use std::collections::HashSet;

use agentcy_core::{
    By, ErrorCode, Realms,
    agent::RunLimits,
    id::TriggerId,
    task::{EventFilter, LifecycleEvent, Missed, Overlap, TriggerKind},
};
use agentcy_store::{agents::Agent, tasks::Task, triggers::Trigger};

use super::{Schedule, TriggerSpec, run_as, schedule::InvalidSchedule, template};
use crate::{
    Error, Platform, Result,
    agents::{self, check as of_agent},
    error::Faults,
    grant, settings, text,
};

const MAX_TEMPLATE: usize = 32 << 10;
const LONGEST_WAIT: i32 = 7 * 24 * 60 * 60;
const LONGEST_DEDUPE: i32 = 72 * 60 * 60;
const LOOSER_BY: &str = "only an admin lets a task do what its agent or the org asks a person for";
/// Headers that hold no id, and that no template is shown.
const NO_IDS: [&str; 4] = ["authorization", "cookie", "x-agentcy-signature", "webhook-signature"];

/// Checks what a task is to become, beside what was found wrong with its trigger. What it was already is not judged again.
pub(super) async fn changed(
    platform: &Platform,
    by: &By,
    before: Option<&Task>,
    after: &Task,
    mut faults: Faults,
) -> Result<()> {
    fields(before, after, &mut faults);
    let agent = find_agent(platform, by, before, after, &mut faults).await?;
    let none = Vec::new();
    let agreed = before.map_or(&none, |before| &before.standing_approvals);
    let is_agreed = agreed == &after.standing_approvals;
    if !is_agreed {
        of_agent::standing(platform, by, agreed, &after.standing_approvals, &mut faults).await?;
    }
    faults.into_result()?;
    if before.is_none_or(|before| before.realm != after.realm) {
        // Without one, its runs see every realm of whoever they run as.
        let within = match &after.realm {
            Some(realm) => by.realms().contains(realm),
            None => by.realms().covers(&Realms::All),
        };
        platform.permit_on(by, within, grant::REALMS_BEYOND).await?;
    }
    // Whoever changes what is done in somebody's name acts in it. To rename a task or to switch it off is no such change.
    let is_same = before.is_some_and(|before| {
        let enabled = after.enabled || before.enabled;
        let alike = Task { name: before.name.clone(), enabled, ..after.clone() };
        alike == *before
    });
    if !is_same {
        run_as::require(platform, by, &after.run_as).await?;
    }
    platform.permit_on(by, is_agreed || of_agent::agrees(by), of_agent::STANDING_BY).await?;
    if let (Some(defaults), Some(agent)) = (after.approval_defaults, agent)
        && before.is_none_or(|before| before.approval_defaults != after.approval_defaults)
    {
        let otherwise = match agent.approval_defaults {
            Some(defaults) => defaults,
            None => settings::find(platform, by).await?.approval_defaults,
        };
        let may = !of_agent::is_looser(defaults, otherwise) || of_agent::agrees(by);
        platform.permit_on(by, may, LOOSER_BY).await?;
    }
    Ok(())
}

/// An agent that somebody names must be theirs to see.
async fn find_agent(
    platform: &Platform,
    by: &By,
    before: Option<&Task>,
    after: &Task,
    faults: &mut Faults,
) -> Result<Option<Agent>> {
    let mut reader = platform.db.read(by).await?;
    match agents::find(&mut reader, by, after.agent_id).await {
        Ok(agent) => Ok(Some(agent)),
        Err(error) if error.code() != Some(ErrorCode::NotFound) => Err(error),
        Err(_) => {
            let is_kept = before.is_some_and(|before| before.agent_id == after.agent_id);
            faults.require(is_kept, "agent_id", NO_AGENT);
            Ok(None)
        }
    }
}

const NO_AGENT: &str = "there is no such agent";

pub(super) fn no_agent() -> Error {
    Error::invalid_field("agent_id", NO_AGENT)
}

fn fields(before: Option<&Task>, task: &Task, faults: &mut Faults) {
    faults.require(text::is_name(&task.name), "name", text::NAME_RULE);
    let timeout = task.approval_timeout_secs.is_none_or(|secs| (1..=LONGEST_WAIT).contains(&secs));
    faults.require(timeout, "approval_timeout_secs", "1 to 604800");
    of_agent::limits(&task.limits.over(RunLimits::default()), faults);
    let per_hour = task.limits.runs_per_hour.is_none_or(|count| (1..=10_000).contains(&count));
    faults.require(per_hour, "limits.runs_per_hour", "1 to 10000");
    if before.is_some_and(|before| before.input_template == task.input_template) {
        return;
    }
    let template = serde_json::Value::Object(task.input_template.clone());
    faults.require(template.to_string().len() <= MAX_TEMPLATE, "input_template", "at most 32 kB");
    faults.require(!text::holds_nul(&template), "input_template", "no control characters");
    for (path, fault) in template::faults(&task.input_template) {
        faults.require(false, format!("input_template.{path}"), &fault);
    }
}

/// The trigger that somebody defines. What is not of its kind is refused, so that nothing is said in vain.
pub(super) fn trigger(id: TriggerId, spec: TriggerSpec, faults: &mut Faults) -> Trigger {
    let is = |kind| spec.kind == kind;
    let mut only = |is_said: bool, kind, field: &str| {
        let rule = format!("only for kind {kind}");
        faults.require(!is_said || is(kind), format!("trigger.{field}"), &rule);
    };
    only(spec.cron.is_some(), TriggerKind::Schedule, "cron");
    only(spec.timezone.is_some(), TriggerKind::Schedule, "timezone");
    only(spec.missed.is_some(), TriggerKind::Schedule, "missed");
    only(!spec.events.is_empty(), TriggerKind::Lifecycle, "events");
    only(spec.filter != EventFilter::default(), TriggerKind::Lifecycle, "filter");
    only(spec.dedupe_secs.is_some(), TriggerKind::Webhook, "dedupe_secs");
    only(spec.require_timestamp.is_some(), TriggerKind::Webhook, "require_timestamp");
    only(spec.header_id.is_some(), TriggerKind::Webhook, "header_id");

    let timezone = spec.timezone.unwrap_or_else(|| "UTC".to_owned());
    if is(TriggerKind::Schedule) {
        let cron = spec.cron.as_deref().unwrap_or_default();
        ticks(cron, &timezone, faults);
    }
    if is(TriggerKind::Lifecycle) {
        let unique: HashSet<_> = spec.events.iter().collect();
        let fits = !spec.events.is_empty() && unique.len() == spec.events.len();
        faults.require(fits, "trigger.events", "one or more, each once");
    }
    if let Some(label) = &spec.filter.label {
        let of_graph = spec.events.contains(&LifecycleEvent::GraphChanged);
        faults.require(of_graph, "trigger.filter.label", "only for graph.changed");
        faults.require(text::is_name(label), "trigger.filter.label", text::NAME_RULE);
    }
    let dedupe_secs = spec.dedupe_secs.unwrap_or(300);
    let fits = (0..=LONGEST_DEDUPE).contains(&dedupe_secs);
    faults.require(fits, "trigger.dedupe_secs", "0 to 259200");
    let header_id = spec.header_id.map(|name| name.to_ascii_lowercase());
    if let Some(name) = &header_id {
        let fits = is_header(name) && !NO_IDS.contains(&name.as_str());
        faults.require(fits, "trigger.header_id", "the name of a header that holds no secret");
    }
    Trigger {
        id,
        kind: spec.kind,
        cron: spec.cron,
        timezone,
        overlap: spec.overlap.unwrap_or(Overlap::Skip),
        missed: spec.missed.unwrap_or(Missed::RunOnce),
        events: spec.events,
        filter: spec.filter,
        dedupe_secs,
        require_timestamp: spec.require_timestamp.unwrap_or(false),
        header_id,
        previous_until: None,
        next_at: None,
        skipped: None,
    }
}

fn ticks(cron: &str, timezone: &str, faults: &mut Faults) {
    match Schedule::parse(cron, timezone) {
        Err(error @ InvalidSchedule::Timezone) => {
            faults.require(false, "trigger.timezone", &error.to_string());
        }
        Err(error @ InvalidSchedule::Cron(_)) => {
            faults.require(false, "trigger.cron", &error.to_string());
        }
        Ok(schedule) => {
            let comes = schedule.next_after(chrono::DateTime::UNIX_EPOCH).is_some();
            faults.require(comes, "trigger.cron", "there is no such day");
        }
    }
}

/// A token of HTTP.
fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(is_token)
}
