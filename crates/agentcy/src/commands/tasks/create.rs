//! `agentcy tasks create`: a task out of options.

use agentcy_sdk::{Client, DefinedTask, EventFilter, NewTask, NewTrigger, TaskLimits};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    cli::{LimitOptions, Missed, Overlap, TaskCreate, TriggerOptions},
    commands::{agents, sources},
    input, output,
    profile::Profile,
};

/// Defines it.
pub(super) async fn run(options: TaskCreate, json: bool) -> anyhow::Result<()> {
    let client = Profile::client(options.server.url).await?;
    let agent = agents::named(&client, &options.agent).await?;
    let mut new = NewTask::new(options.name, agent.id, input::text(options.prompt)?);
    for (name, text) in options.fields {
        new.input_template.insert(name, Value::String(input::text(text)?));
    }
    new.trigger = trigger(&client, options.trigger).await?;
    new.trigger.overlap = options.overlap.map(|overlap| overlap_name(overlap).to_owned());
    new.realm = options.realm;
    new.run_as = options.run_as;
    new.limits = limits(&options.limits);
    new.approval_timeout_secs = options.approval_timeout_secs;
    new.enabled = !options.disabled;
    print(&client.create_task(&new).await?, "is defined", json)
}

async fn trigger(client: &Client, options: TriggerOptions) -> anyhow::Result<NewTrigger> {
    if let Some(cron) = options.cron {
        let missed = options.missed.map(|missed| match missed {
            Missed::Skip => "skip".to_owned(),
            Missed::RunOnce => "run_once".to_owned(),
        });
        let timezone = options.timezone;
        return Ok(NewTrigger { timezone, missed, ..NewTrigger::schedule(cron) });
    }
    if options.webhook {
        return Ok(NewTrigger {
            dedupe_secs: options.dedupe_secs,
            require_timestamp: options.require_timestamp.then_some(true),
            header_id: options.header_id,
            ..NewTrigger::webhook()
        });
    }
    if options.events.is_empty() {
        return Ok(NewTrigger::manual());
    }
    let source_id = match options.filter_source {
        Some(source) => Some(sources::named(client, &source).await?.id),
        None => None,
    };
    let filter =
        EventFilter { source_id, realm: options.filter_realm, label: options.filter_label };
    Ok(NewTrigger { filter, ..NewTrigger::lifecycle(options.events) })
}

const fn overlap_name(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Skip => "skip",
        Overlap::Queue => "queue",
        Overlap::CancelPrevious => "cancel_previous",
    }
}

fn limits(options: &LimitOptions) -> TaskLimits {
    TaskLimits {
        steps: options.steps,
        tokens: options.tokens,
        cost_usd: options.cost_usd,
        secs: options.secs,
        runs_per_hour: options.runs_per_hour,
    }
}

/// The task with the address of its webhook and, this once, the secret.
pub(super) fn print(defined: &DefinedTask, what: &str, json: bool) -> anyhow::Result<()> {
    let task = &defined.task;
    let secret = defined.secret.as_ref().map(ExposeSecret::expose_secret);
    if json {
        let mut document = serde_json::to_value(task)?;
        if let (Some(secret), Some(trigger)) = (secret, document["trigger"].as_object_mut()) {
            trigger.insert("secret".to_owned(), secret.into());
        }
        return output::print_json(&document);
    }
    output::say(&format!("{} {what}: {}", task.name, task.id));
    if let Some(secret) = secret {
        if let Some(url) = &task.trigger.url {
            output::print(&format!("url: {url}"))?;
        }
        output::print(&format!("secret: {secret}"))?;
        output::say("the secret is not shown again; `agentcy hooks sign` tries it");
    }
    Ok(())
}
