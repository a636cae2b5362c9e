//! `agentcy tasks`: what happens without anyone asking, and what came of it.

mod create;
mod run;
mod show;

use agentcy_sdk::{Client, Task, TaskUpdate};
use futures_util::TryStreamExt;

use crate::{
    cli::{Server, TaskCancel, TaskNamed, TaskRotate, TaskRuns, TasksCommand},
    exit::NotThere,
    output,
    profile::Profile,
    table,
};

/// Does what was asked for.
pub(crate) async fn run(command: TasksCommand, json: bool) -> anyhow::Result<()> {
    match command {
        TasksCommand::List(Server { url }) => list(&Profile::client(url).await?, json).await,
        TasksCommand::Create(options) => create::run(*options, json).await,
        TasksCommand::Show(options) => {
            let (client, task) = at(options).await?;
            if json { output::print_json(&task) } else { show::task(&client, &task).await }
        }
        TasksCommand::Run(options) => run::run(options, json).await,
        TasksCommand::Runs(options) => runs(options, json).await,
        TasksCommand::Cancel(TaskCancel { task, run, server }) => {
            let (client, task) = at(TaskNamed { task, server }).await?;
            let run = client.cancel_task_run(&task.id, &run).await?;
            if json {
                return output::print_json(&run);
            }
            let how = if run.state.is_over() { run.state.name() } else { "about to end" };
            output::say(&format!("{} is {how}", run.id));
            Ok(())
        }
        TasksCommand::Enable(options) => switch(options, true, json).await,
        TasksCommand::Disable(options) => switch(options, false, json).await,
        TasksCommand::Rotate(TaskRotate { task, grace_secs, server }) => {
            let (client, task) = at(TaskNamed { task, server }).await?;
            let rotated = client.rotate_trigger(&task.id, grace_secs).await?;
            create::print(&rotated, "has a new secret", json)
        }
        TasksCommand::Delete(options) => {
            let (client, task) = at(options).await?;
            client.remove_task(&task.id).await?;
            said(&task, "is gone", json)
        }
    }
}

/// The task of this id or, whatever its case, this name.
async fn named(client: &Client, name: &str) -> anyhow::Result<Task> {
    if name.starts_with("task_") {
        return Ok(client.task(name).await?);
    }
    let mut tasks = std::pin::pin!(client.tasks().limit(200).items());
    while let Some(task) = tasks.try_next().await? {
        if task.name.to_lowercase() == name.to_lowercase() {
            return Ok(task);
        }
    }
    let hint = "`agentcy tasks list` says which there are";
    Err(NotThere(format!("there is no task {name}; {hint}")).into())
}

async fn at(options: TaskNamed) -> anyhow::Result<(Client, Task)> {
    let client = Profile::client(options.server.url).await?;
    let task = named(&client, &options.task).await?;
    Ok((client, task))
}

/// Says what became of a task, or gives the task.
fn said(task: &Task, what: &str, json: bool) -> anyhow::Result<()> {
    if json {
        return output::print_json(task);
    }
    output::say(&format!("{} {what}", task.name));
    Ok(())
}

async fn list(client: &Client, json: bool) -> anyhow::Result<()> {
    let tasks: Vec<Task> = client.tasks().limit(200).items().try_collect().await?;
    if json {
        return output::print_json(&tasks);
    }
    if tasks.is_empty() {
        output::say("there is no task yet; `agentcy tasks create` defines one");
        return Ok(());
    }
    let agents = client.agents().limit(200).items().try_collect().await?;
    show::tasks(&tasks, agents)
}

async fn switch(options: TaskNamed, enabled: bool, json: bool) -> anyhow::Result<()> {
    let (client, task) = at(options).await?;
    let change = TaskUpdate { enabled: Some(enabled), ..TaskUpdate::default() };
    let task = client.update_task(&task.id, &change).await?.task;
    said(&task, if enabled { "is on" } else { "is off" }, json)
}

async fn runs(options: TaskRuns, json: bool) -> anyhow::Result<()> {
    let TaskRuns { task, run, limit, cursor, server } = options;
    let (client, task) = at(TaskNamed { task, server }).await?;
    if let Some(run) = run {
        let run = client.task_run(&task.id, &run).await?;
        return if json { output::print_json(&run) } else { show::run(&run) };
    }
    let page = client.task_runs(&task.id).limit(limit).page(cursor.as_deref()).await?;
    if json {
        return output::print_json(&page);
    }
    if page.items.is_empty() {
        return said(&task, "has not run yet", false);
    }
    show::runs(&page.items)?;
    table::say_rest(&page);
    Ok(())
}
