//! What happens without anyone asking.

use clap::{Args, Subcommand, ValueEnum};

use super::Server;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum TasksCommand {
    /// List the tasks, and what sets them off.
    List(Server),
    /// Define a task.
    #[command(
        after_help = "Examples:\n  agentcy tasks create report --agent reviewer --prompt 'What changed since yesterday?' \
        --cron '0 7 * * 1-5' --timezone Europe/Berlin\n  \
        agentcy tasks create triage --agent reviewer --prompt 'Whom does this concern? {{ trigger.body.title }}' --webhook\n  \
        agentcy tasks create watch --agent reviewer --prompt @prompt.txt --on sync.succeeded --filter-source code\n\n\
        Without --cron, --webhook and --on it is set off by hand: `agentcy tasks run`."
    )]
    Create(Box<TaskCreate>),
    /// Show a task.
    Show(TaskNamed),
    /// Set a task off, and show the answer.
    #[command(
        after_help = "Examples:\n  agentcy tasks run report\n  agentcy tasks run triage --input '{\"title\":\"It is slow\"}' --json\n  \
        agentcy tasks run triage --input @- --background < issue.json\n\n\
        Exit codes: 0 it came through, 1 it broke off or could not begin, 6 it was stopped, or made way for another run."
    )]
    Run(TaskRun),
    /// List the runs of a task, or show one with all that happened in it.
    Runs(TaskRuns),
    /// Stop a run of a task.
    Cancel(TaskCancel),
    /// Switch a task on.
    Enable(TaskNamed),
    /// Switch a task off; nothing sets it off then.
    Disable(TaskNamed),
    /// Give the webhook of a task a new secret.
    Rotate(TaskRotate),
    /// Remove a task with its runs; their conversations stay.
    Delete(TaskNamed),
}

#[derive(Debug, Args)]
pub(crate) struct TaskNamed {
    /// Its name or id.
    pub(crate) task: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Overlap {
    /// The new run does not begin.
    Skip,
    /// The new run waits.
    Queue,
    /// The run that goes on is stopped.
    CancelPrevious,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Missed {
    /// Nothing.
    Skip,
    /// The last of them runs, if it is at most an hour old.
    RunOnce,
}

#[derive(Debug, Args)]
pub(crate) struct TaskCreate {
    /// What people call it; unique in the org.
    pub(crate) name: String,
    /// The agent that does it, by name or id.
    #[arg(long)]
    pub(crate) agent: String,
    /// What the agent is told, with places such as {{ trigger.body.title }} and {{ now }}; `@file` reads it from a file.
    #[arg(long)]
    pub(crate) prompt: String,
    /// A further text that is filled in, and given to the agent as JSON behind the prompt.
    #[arg(long = "field", value_name = "NAME=TEXT", value_parser = input::pair)]
    pub(crate) fields: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) trigger: TriggerOptions,
    /// What happens while a run of the task goes on: `skip` unless given.
    #[arg(long)]
    pub(crate) overlap: Option<Overlap>,
    /// The one realm that it lies in and that its runs see.
    #[arg(long)]
    pub(crate) realm: Option<String>,
    /// Whose rights its runs have, as the id of a user or an API key; your own unless given.
    #[arg(long)]
    pub(crate) run_as: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    /// How long a person has to decide, 604800 at most.
    #[arg(long, value_name = "SECS")]
    pub(crate) approval_timeout_secs: Option<u32>,
    /// Define it switched off.
    #[arg(long)]
    pub(crate) disabled: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What sets it off")]
pub(crate) struct TriggerOptions {
    /// The clock: five fields, or a name such as @hourly.
    #[arg(long, value_name = "EXPR", conflicts_with_all = ["webhook", "events"])]
    pub(crate) cron: Option<String>,
    /// The time zone that --cron is meant in; UTC unless given.
    #[arg(long, value_name = "ZONE", requires = "cron")]
    pub(crate) timezone: Option<String>,
    /// What happens to ticks that nobody was there for: `run_once` unless given.
    #[arg(long, requires = "cron")]
    pub(crate) missed: Option<Missed>,
    /// A signed request from elsewhere; its address and its secret are printed, the secret this once.
    #[arg(long, conflicts_with = "events")]
    pub(crate) webhook: bool,
    /// How long a delivery without an id is known by its body; 0 is not at all.
    #[arg(long, value_name = "SECS", requires = "webhook")]
    pub(crate) dedupe_secs: Option<u32>,
    /// Take only deliveries that are signed with their time (Standard Webhooks).
    #[arg(long, requires = "webhook")]
    pub(crate) require_timestamp: bool,
    /// The header that holds the id of a delivery, such as x-github-delivery.
    #[arg(long, value_name = "HEADER", requires = "webhook")]
    pub(crate) header_id: Option<String>,
    /// Something that happens, such as sync.succeeded or graph.changed; more than once widens.
    #[arg(long = "on", id = "events", value_name = "EVENT")]
    pub(crate) events: Vec<String>,
    /// Only what this source caused, by name or id.
    #[arg(long, value_name = "SOURCE", requires = "events")]
    pub(crate) filter_source: Option<String>,
    /// Only what happens in this realm.
    #[arg(long, value_name = "REALM", requires = "events")]
    pub(crate) filter_realm: Option<String>,
    /// Only changes of nodes with this label.
    #[arg(long, value_name = "LABEL", requires = "events")]
    pub(crate) filter_label: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What a run may use, where the agent shall not say")]
pub(crate) struct LimitOptions {
    /// Turns of the model.
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<u32>,
    /// Tokens read and written together.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<i64>,
    /// US dollars.
    #[arg(long, value_name = "USD")]
    pub(crate) cost_usd: Option<f64>,
    /// Seconds of work.
    #[arg(long, value_name = "N")]
    pub(crate) secs: Option<u32>,
    /// How many runs begin within an hour at most.
    #[arg(long, value_name = "N")]
    pub(crate) runs_per_hour: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct TaskRun {
    /// Its name or id.
    pub(crate) task: String,
    /// What its texts call `trigger.body`, as JSON; `@file` reads it from a file, `@-` from standard input.
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Do not wait for it.
    #[arg(long)]
    pub(crate) background: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct TaskRuns {
    /// Its name or id.
    pub(crate) task: String,
    /// The run to show.
    pub(crate) run: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) limit: u16,
    /// Where to go on: the `next_cursor` of the page before.
    #[arg(long, conflicts_with = "run")]
    pub(crate) cursor: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct TaskCancel {
    /// Its name or id.
    pub(crate) task: String,
    /// The run.
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct TaskRotate {
    /// Its name or id.
    pub(crate) task: String,
    /// How long the old secret stays good; a day unless given.
    #[arg(long, value_name = "SECS")]
    pub(crate) grace_secs: Option<u32>,
    #[command(flatten)]
    pub(crate) server: Server,
}
