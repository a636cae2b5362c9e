//! The job that begins a run of a task: one transaction, so that it begins once or not at all.

use agentcy_core::{
    Action, Caller, Chain, Timestamp,
    id::{RunId, TaskRunId},
    job::{Payload, StartTask},
    task::{Overlap, TaskErrorCode, TaskRunState},
};
use agentcy_platform::{
    Error, Platform, Result, StoreError,
    jobs::{Held, JobError, Kind},
    tasks as platform_tasks,
    wake::Bell,
};
use agentcy_store::{
    Tx,
    jobs::{self, Outcome},
    task_runs::{self, TaskFailure, TaskRun},
    tasks::{self, Task},
};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    begin, follow,
    judge::{self, Refusal, Verdict},
};
use crate::{Runs, run::Halt};

/// Begins runs of tasks.
pub(super) struct Starts {
    pub(super) runs: Runs,
}

impl Kind for Starts {
    fn name(&self) -> &'static str {
        StartTask::NAME
    }

    fn action(&self) -> Action {
        Action::TaskTrigger
    }

    fn run<'a>(&'a self, job: &'a Held) -> BoxFuture<'a, Result<(), JobError>> {
        start(&self.runs, job).boxed()
    }

    fn tell<'a>(&'a self, tx: &'a mut Tx, job: &'a Held) -> BoxFuture<'a, Result<()>> {
        give_up(&self.runs.platform, tx, job).boxed()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("whoever the task runs as was changed just now")]
struct Changed;

/// What is done once all is durable.
#[derive(Default)]
struct After {
    begun: bool,
    halted: Vec<RunId>,
    queued: bool,
}

async fn start(runs: &Runs, job: &Held) -> Result<(), JobError> {
    let platform = &runs.platform;
    let Some((task, run)) = asked_for(platform, job).await? else {
        return Ok(succeed(platform.begin(&job.by).await?, job, platform.now()).await?);
    };
    // Before the transaction, which would else hold one connection while it waits for another.
    let request = run.id.to_string();
    let starter = platform.stand_in(job.by.org_id(), &task.run_as, &request).await?;

    let mut tx = platform.begin(&job.by).await?;
    let now = platform.now();
    let Some(locked) = tasks::lock(&mut tx, task.id).await? else {
        return Ok(succeed(tx, job, now).await?);
    };
    if locked.run_as != task.run_as {
        return Err(JobError::retry(Changed));
    }
    let mut after = After::default();
    if let Some(run) = due(&mut tx, &locked, run).await? {
        after = settle(runs, &mut tx, job, &locked, &run, starter.as_ref(), now).await?;
    }
    succeed(tx, job, now).await?;

    for run in after.halted {
        runs.keeper.halt(run, Halt::Cancelled);
    }
    if after.begun {
        platform.ring(Bell::Runs).await;
    }
    if after.queued {
        platform_tasks::wake(platform).await;
    }
    platform.wrote().await;
    Ok(())
}

/// The run that the job is about, and its task, unless they are gone.
async fn asked_for(platform: &Platform, job: &Held) -> Result<Option<(Task, TaskRun)>> {
    let mut reader = platform.read(&job.by).await?;
    let StartTask { run } = jobs::payload(&mut reader, job.hold).await?;
    let Some(run) = task_runs::find(&mut reader, run).await? else { return Ok(None) };
    Ok(tasks::find(&mut reader, run.task_id).await?.map(|task| (task, run)))
}

/// The run that is next. Where runs wait for one another that is the oldest, whichever the job was for: so they stay in
/// order, and one that was passed over is found by whichever job comes next.
async fn due(tx: &mut Tx, task: &Task, asked: TaskRun) -> Result<Option<TaskRun>> {
    let next = match task.trigger.overlap {
        Overlap::Queue => task_runs::oldest_pending(tx, task.id).await?,
        Overlap::Skip | Overlap::CancelPrevious => Some(asked.id),
    };
    let Some(next) = next else { return Ok(None) };
    let run = task_runs::lock(tx, next).await?;
    Ok(run.filter(|run| run.state == TaskRunState::Pending))
}

/// Begins the run, ends it, or leaves it waiting.
async fn settle(
    runs: &Runs,
    tx: &mut Tx,
    job: &Held,
    task: &Task,
    run: &TaskRun,
    starter: Option<&Caller>,
    now: Timestamp,
) -> Result<After> {
    let platform = &runs.platform;
    let verdict = judge::judge(platform, tx, task, run, starter, now).await?;
    let refusal = match verdict {
        Verdict::Wait => return Ok(After::default()),
        Verdict::End(refusal) => refusal,
        Verdict::Begin(ready) => match begin::begin(runs, tx, job, task, run, &ready, now).await? {
            Ok(()) => return Ok(After { begun: true, halted: ready.in_the_way, queued: false }),
            Err(refusal) => refusal,
        },
    };
    let queued = end(platform, tx, task, run, refusal, now).await?;
    Ok(After { queued, ..After::default() })
}

/// Ends a run that did not begin. Whether another that waits was queued in its place.
async fn end(
    platform: &Platform,
    tx: &mut Tx,
    task: &Task,
    run: &TaskRun,
    refusal: Refusal,
    now: Timestamp,
) -> Result<bool> {
    let Refusal { state, code, message } = refusal;
    let error = TaskFailure { code: code.name().to_owned(), message };
    task_runs::end(tx, run.id, state, None, Some(&error), now).await?;
    follow::moved(platform, tx, run.id).await?;
    match task.trigger.overlap {
        // Its turn is over, and nobody else wakes those behind it.
        Overlap::Queue => follow::next(platform, tx, task).await,
        Overlap::Skip | Overlap::CancelPrevious => Ok(false),
    }
}

async fn succeed(mut tx: Tx, job: &Held, now: Timestamp) -> Result<()> {
    jobs::succeed(&mut tx, job.hold, &Outcome::default(), now).await?;
    Ok(tx.commit().await?)
}

/// Of a job that was given up the run is over as well.
async fn give_up(platform: &Platform, tx: &mut Tx, job: &Held) -> Result<()> {
    let over = jobs::find(tx, job.hold.id).await?.is_some_and(|job| job.state.is_over());
    if !over {
        return Ok(());
    }
    let asked: Option<StartTask> = jobs::asked_for(tx, job.hold.id).await?;
    let Some(StartTask { run }) = asked else { return Ok(()) };
    let message = "the server could not begin it; its log says more";
    let refusal = || Refusal::failed(TaskErrorCode::Internal, message);
    let ended = end_pending(platform, tx, run, refusal()).await;
    let Err(Error::Store(error @ StoreError::Corrupt { .. })) = ended else { return ended };
    // Nobody is told of what cannot be read, and it ends all the same.
    tracing::error!(error = %Chain(&error), "a task or its run cannot be read");
    let Refusal { state, code, message } = refusal();
    let error = TaskFailure { code: code.name().to_owned(), message };
    task_runs::end(tx, run, state, None, Some(&error), platform.now()).await?;
    Ok(())
}

async fn end_pending(
    platform: &Platform,
    tx: &mut Tx,
    run: TaskRunId,
    refusal: Refusal,
) -> Result<()> {
    let Some(run) = task_runs::find(tx, run).await? else { return Ok(()) };
    let Some(task) = tasks::lock(tx, run.task_id).await? else { return Ok(()) };
    let run = task_runs::lock(tx, run.id).await?;
    let Some(run) = run.filter(|run| run.state == TaskRunState::Pending) else { return Ok(()) };
    end(platform, tx, &task, &run, refusal, platform.now()).await?;
    Ok(())
}
