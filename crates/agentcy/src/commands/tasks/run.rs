//! `agentcy tasks run`: set off, watched to its end, and asked what it asks.

use std::time::Duration;

use agentcy_sdk::{Client, Error, Task, TaskRun, TaskRunDetail, TaskRunState};
use anyhow::bail;
use tokio::time::sleep;

use super::at;
use crate::{
    cli::{self, TaskNamed},
    commands::chat,
    exit::EndedEarly,
    input, output,
};

const FIRST_LOOK: Duration = Duration::from_millis(100);
const LAST_LOOK: Duration = Duration::from_secs(2);

/// Sets it off.
pub(super) async fn run(options: cli::TaskRun, json: bool) -> anyhow::Result<()> {
    let cli::TaskRun { task, input: given, background, server } = options;
    let given = given.map(|given| input::json(given, "--input")).transpose()?;
    let (client, task) = at(TaskNamed { task, server }).await?;
    let run = client.run_task(&task.id, given.as_ref()).await?;
    if background {
        if json {
            return output::print_json(&run);
        }
        output::say(&format!(
            "{} goes on; `agentcy tasks runs {} {}` shows it",
            run.id, task.id, run.id
        ));
        return Ok(());
    }
    if !json {
        let begun = until(&client, &task, &run, |run| run.conversation_id.is_some()).await?.run;
        if let Some(shown) = show(&client, &begun).await? {
            return shown;
        }
    }
    let ended = until(&client, &task, &run, |_| false).await?;
    if json {
        output::print_json(&ended)?;
    } else if let Some(said) = &ended.run.output {
        output::print(said)?;
    }
    outcome(&ended.run)
}

/// The answer as a chat shows it, and how that ended; none where there is no conversation that may be seen.
async fn show(client: &Client, run: &TaskRun) -> anyhow::Result<Option<anyhow::Result<()>>> {
    let Some(conversation) = &run.conversation_id else { return Ok(None) };
    match client.follow(conversation, 0).await {
        Ok(events) => Ok(Some(chat::show(client.clone(), events, false).await)),
        Err(Error::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The run, once it is over or as far as that.
async fn until(
    client: &Client,
    task: &Task,
    run: &TaskRun,
    is_enough: impl Fn(&TaskRun) -> bool,
) -> anyhow::Result<TaskRunDetail> {
    // The run goes on whether we see it or not.
    let client = client.clone().patient();
    let mut pause = FIRST_LOOK;
    let mut has_said = false;
    loop {
        let now = client.task_run(&task.id, &run.id).await?;
        if now.run.state.is_over() || is_enough(&now.run) {
            return Ok(now);
        }
        if now.run.state == TaskRunState::WaitingApproval && !has_said {
            output::say("a person must decide: `agentcy approvals` says what");
            has_said = true;
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LAST_LOOK);
    }
}

/// How the process ends with it.
fn outcome(run: &TaskRun) -> anyhow::Result<()> {
    let why = run.error.as_ref().map_or_else(
        || run.state.name().to_owned(),
        |error| format!("{} ({})", error.message, error.code),
    );
    match run.state {
        TaskRunState::Succeeded => Ok(()),
        TaskRunState::Cancelled => Err(EndedEarly(why).into()),
        _ => bail!("the run failed: {why}"),
    }
}
