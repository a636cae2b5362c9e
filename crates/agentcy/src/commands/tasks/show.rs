//! Tasks and their runs as people read them.

use std::{collections::HashMap, fmt::Write};

use agentcy_sdk::{Agent, Client, Error, Task, TaskRun, TaskRunDetail, Trigger};
use serde_json::Value;

use crate::{output, table};

const MOMENT: &str = "%Y-%m-%d %H:%M:%S UTC";

/// A line a task.
pub(super) fn tasks(tasks: &[Task], agents: Vec<Agent>) -> anyhow::Result<()> {
    let agents: HashMap<String, String> =
        agents.into_iter().map(|agent| (agent.id, agent.name)).collect();
    let rows = tasks.iter().map(|task| {
        let agent = agents.get(&task.agent_id).unwrap_or(&task.agent_id);
        let next = task.next_run_at.map(|at| at.format(MOMENT).to_string());
        let on = if task.enabled { "on" } else { "off" };
        [
            task.name.clone(),
            task.id.clone(),
            on.to_owned(),
            set_off(&task.trigger),
            agent.clone(),
            next.unwrap_or_default(),
        ]
    });
    table::print(["NAME", "ID", "IS", "SET OFF", "AGENT", "NEXT"], rows)
}

/// What sets a task off, in a few words.
fn set_off(trigger: &Trigger) -> String {
    match trigger.kind.as_str() {
        "schedule" => {
            let zone = trigger.timezone.as_deref().unwrap_or("UTC");
            format!("{} {zone}", trigger.cron.as_deref().unwrap_or_default())
        }
        "lifecycle" => format!("on {}", trigger.events.clone().unwrap_or_default().join(", ")),
        "manual" => "by hand".to_owned(),
        kind => kind.to_owned(),
    }
}

/// All that is known of a task.
pub(super) async fn task(client: &Client, task: &Task) -> anyhow::Result<()> {
    let agent = match client.agent(&task.agent_id).await {
        Ok(agent) => agent.name,
        Err(Error::Refused { status: 404, .. }) => task.agent_id.clone(),
        Err(error) => return Err(error.into()),
    };
    let mut text = format!("{}  {}\n", task.name, task.id);
    writeln!(text, "is: {}", if task.enabled { "on" } else { "off" })?;
    writeln!(text, "agent: {agent}")?;
    writeln!(text, "realm: {}", task.realm.as_deref().unwrap_or("every one"))?;
    writeln!(text, "runs as: {}", task.run_as)?;
    writeln!(text, "set off: {}", set_off(&task.trigger))?;
    if let Some(filter) = &task.trigger.filter {
        let filters =
            [("source", &filter.source_id), ("realm", &filter.realm), ("label", &filter.label)];
        for (name, value) in filters.iter().filter_map(|(name, it)| Some((name, it.as_ref()?))) {
            writeln!(text, "only of {name}: {value}")?;
        }
    }
    if let Some(url) = &task.trigger.url {
        writeln!(text, "url: {url}")?;
    }
    if let Some(at) = task.next_run_at {
        writeln!(text, "next: {}", at.format(MOMENT))?;
    }
    if let Some(skipped) = &task.trigger.skipped {
        writeln!(text, "skipped {}: {}", skipped.at.format(MOMENT), skipped.why)?;
    }
    writeln!(text, "meanwhile: {}", task.trigger.overlap)?;
    for (name, template) in &task.input_template {
        let template = template.as_str().map_or_else(|| template.to_string(), str::to_owned);
        write!(text, "\n{name}:\n{template}\n")?;
    }
    output::print(&text)
}

/// A line a run.
pub(super) fn runs(runs: &[TaskRun]) -> anyhow::Result<()> {
    let rows = runs.iter().map(|run| {
        let at = run.created_at.map(|at| at.format(MOMENT).to_string());
        let said = run.output.as_deref().and_then(|said| said.lines().next());
        let came = match (&run.error, said) {
            (Some(error), _) => format!("{} ({})", error.message, error.code),
            (None, said) => said.unwrap_or_default().chars().take(60).collect(),
        };
        [
            run.id.clone(),
            run.state.name().to_owned(),
            cause(&run.cause),
            at.unwrap_or_default(),
            came,
        ]
    });
    table::print(["ID", "STATE", "SET OFF BY", "WHEN", "WHAT CAME OF IT"], rows)
}

/// What set a run off, in a few words.
fn cause(cause: &Value) -> String {
    let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    match cause["kind"].as_str().unwrap_or_default() {
        "manual" => text("actor"),
        "schedule" => format!("tick {}", text("tick")),
        "webhook" => text("delivery_id"),
        "lifecycle" => text("event"),
        other => other.to_owned(),
    }
}

/// One run with all that happened in it.
pub(super) fn run(detail: &TaskRunDetail) -> anyhow::Result<()> {
    let run = &detail.run;
    let mut text = format!("{}  {}\n", run.id, run.state.name());
    writeln!(text, "set off by: {}", cause(&run.cause))?;
    let moments =
        [("set off", run.created_at), ("begun", run.started_at), ("over", run.finished_at)];
    for (what, at) in moments.iter().filter_map(|(what, at)| Some((what, (*at)?))) {
        writeln!(text, "{what}: {}", at.format(MOMENT))?;
    }
    if let Some(conversation) = &run.conversation_id {
        writeln!(text, "conversation: {conversation}")?;
    }
    if let Some(error) = &run.error {
        writeln!(text, "error: {} ({})", error.message, error.code)?;
    }
    for message in detail.transcript.iter().flatten() {
        write!(text, "\n{}:\n{}\n", message.role, message.content)?;
        for call in &message.tool_calls {
            writeln!(text, "  {} {}: {}", call.name, call.args, call.state)?;
        }
    }
    if detail.truncated {
        writeln!(text, "\nthere is more in its conversation")?;
    }
    if !detail.audit.is_empty() {
        writeln!(text)?;
    }
    for entry in &detail.audit {
        let at = entry.at.format(MOMENT);
        writeln!(
            text,
            "{at}  {}  {}  {}  {}",
            entry.actor, entry.action, entry.decision, entry.target
        )?;
    }
    output::print(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cause_is_told_in_a_few_words() {
        assert_eq!(cause(&json!({ "kind": "manual", "actor": "usr_1" })), "usr_1");
        assert_eq!(cause(&json!({ "kind": "lifecycle", "event": "sync.failed" })), "sync.failed");
        assert_eq!(cause(&json!({ "kind": "later" })), "later");
    }
}
