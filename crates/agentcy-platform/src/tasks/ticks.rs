//! The clock of tasks. Every replica has one; whoever moves a schedule on makes the run of its tick in the same
//! transaction, and no tick runs twice whatever the clocks do.

use std::time::Duration;

use agentcy_core::{
    Timestamp,
    task::{Cause, Missed},
};
use agentcy_store::{
    Error as StoreError,
    system::triggers::{self as due, Scheduled},
    tasks, triggers,
};
use chrono::TimeDelta;
use serde_json::json;

use super::{NewTaskRun, Schedule, enqueue, triggered_by, wake};
use crate::{Error, Platform, Result};

/// How late a tick may be without being missed.
const LATE: TimeDelta = TimeDelta::seconds(60);
/// How old the last missed tick may be to run.
const OLDEST: TimeDelta = TimeDelta::hours(1);
/// How many schedules are looked at in one turn.
const AT_ONCE: i64 = 100;
/// How often all schedules are looked through for ticks that a wrong clock has put off.
const LOOK_THROUGH: TimeDelta = TimeDelta::minutes(10);
/// How long a turn waits for the next one at most.
const POLL: Duration = Duration::from_secs(1);

/// One process' clock of tasks.
#[derive(Debug, Default)]
pub struct Scheduler {
    /// When it last turned.
    turned: Option<Timestamp>,
    /// When it last looked through all schedules.
    looked: Option<Timestamp>,
}

impl Scheduler {
    /// Sets off what is due. Says after how long there may be more.
    pub async fn turn(&mut self, platform: &Platform) -> Result<Duration> {
        let now = platform.clock.now();
        let went_back = self.turned.is_some_and(|before| now < before);
        if went_back || self.looked.is_none_or(|before| now >= before + LOOK_THROUGH) {
            look_through(platform, now).await?;
            self.looked = Some(now);
        }
        self.turned = Some(now);
        let mut tx = platform.db.system(&platform.system).await?;
        let next = due::next(&mut tx, AT_ONCE).await?;
        tx.commit().await?;
        let (due, later) = next.split_at(next.partition_point(|one| one.next_at <= now));
        let mut began = false;
        let mut failed = false;
        for one in due {
            match tick(platform, one, now).await {
                Ok(ran) => began |= ran,
                Err(Error::Store(error @ StoreError::Unavailable(_))) => return Err(error.into()),
                Err(error) => {
                    failed = true;
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(trigger.id = %one.id, error, "a schedule could not be followed");
                }
            }
        }
        if began {
            wake(platform).await;
        }
        Ok(match later.first() {
            Some(first) => (first.next_at - now).to_std().unwrap_or_default().min(POLL),
            // There may be more than what was looked at.
            None if !due.is_empty() && !failed => Duration::ZERO,
            None => POLL,
        })
    }
}

/// Moves a schedule on, and makes the run of its tick unless that was missed. Says whether it did.
async fn tick(platform: &Platform, one: &Scheduled, now: Timestamp) -> Result<bool> {
    let by = triggered_by(platform, one.org_id, &one.run_as, &one.id.to_string())?;
    let mut tx = platform.db.begin(&by).await?;
    let Some(task) = tasks::find(&mut tx, one.task_id).await? else { return Ok(false) };
    let Some(schedule) = schedule(&task)? else { return Ok(false) };
    if !triggers::advance(&mut tx, &task.trigger, one.next_at, schedule.next_after(now)).await? {
        return Ok(false);
    }
    let Some(tick) = to_run(&schedule, task.trigger.missed, one.next_at, now) else {
        tracing::info!(task.id = %task.id, tick = %one.next_at, "a tick was missed");
        tx.commit().await?;
        return Ok(false);
    };
    let new = NewTaskRun {
        id: platform.ids.next(),
        task_id: task.id,
        cause: Cause::Schedule { tick },
        causes: Vec::new(),
        payload: Some(json!({ "tick": tick })),
        delivery_id: None,
        tick: Some(tick),
        at: now,
    };
    let is_new = enqueue(platform, &mut tx, &task.run_as, &new).await?;
    tx.commit().await?;
    Ok(is_new)
}

/// The tick that runs now, of those from the due one on: the last one, if it is not missed or may run all the same.
fn to_run(
    schedule: &Schedule,
    missed: Missed,
    due: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    // No further back than matters: after a year there are half a million.
    let from = (due - TimeDelta::milliseconds(1)).max(now - OLDEST - TimeDelta::milliseconds(1));
    let last = schedule.last_between(from, now)?;
    let is_missed = now - last > LATE;
    (!is_missed || missed == Missed::RunOnce).then_some(last)
}

/// Brings schedules back that were moved on while a clock was ahead. Ticks that ran meanwhile do not run again.
async fn look_through(platform: &Platform, now: Timestamp) -> Result<()> {
    let mut after = None;
    loop {
        let mut tx = platform.db.system(&platform.system).await?;
        let page = due::scheduled(&mut tx, after, AT_ONCE).await?;
        tx.commit().await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for one in page.iter().filter(|one| one.next_at > now) {
            if let Err(error) = bring_back(platform, one, now).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(trigger.id = %one.id, error, "a schedule could not be looked at");
            }
        }
    }
}

async fn bring_back(platform: &Platform, one: &Scheduled, now: Timestamp) -> Result<()> {
    let by = triggered_by(platform, one.org_id, &one.run_as, &one.id.to_string())?;
    let mut tx = platform.db.begin(&by).await?;
    let Some(task) = tasks::find(&mut tx, one.task_id).await? else { return Ok(()) };
    let Some(next) = schedule(&task)?.and_then(|schedule| schedule.next_after(now)) else {
        return Ok(());
    };
    if next < one.next_at {
        triggers::advance(&mut tx, &task.trigger, one.next_at, Some(next)).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn schedule(task: &super::Task) -> Result<Option<Schedule>> {
    let cron = task.trigger.cron.as_deref();
    let schedule = cron.map(|cron| Schedule::parse(cron, &task.trigger.timezone)).transpose();
    schedule.map_err(|error| Error::internal("a schedule is not one", error))
}
