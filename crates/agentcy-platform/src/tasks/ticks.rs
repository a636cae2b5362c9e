//! The clock of tasks. Every replica has one; whoever moves a schedule on makes the run of its tick in the same
//! transaction, and no tick runs twice whatever the clocks do.

use std::time::Duration;

use agentcy_core::{
    Chain, Timestamp,
    id::TriggerId,
    task::{Cause, Missed},
};
use agentcy_store::{
    Error as StoreError,
    system::triggers::{self as due, Scheduled},
    tasks, triggers,
};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::{NewTaskRun, Schedule, enqueue, triggered_by, wake};
use crate::{Error, Platform, Result};

/// How late a clock may come for a tick without having missed it.
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
    /// Since when it turns without a pause in which a tick could be missed.
    since: Option<Timestamp>,
    /// When its last turn ended.
    turned: Option<Timestamp>,
    /// When it last began to look through all schedules.
    looked: Option<Timestamp>,
    /// The last that it looked at, while it does.
    looking: Option<TriggerId>,
}

impl Scheduler {
    /// Sets off what is due. Says after how long there may be more.
    pub async fn turn(&mut self, platform: &Platform) -> Result<Duration> {
        let now = platform.clock.now();
        let went_back = self.turned.is_some_and(|before| now < before);
        if went_back || self.looked.is_none_or(|before| now >= before + LOOK_THROUGH) {
            (self.looked, self.looking) = (Some(now), Some(Uuid::nil().into()));
        }
        // Page by page, so that what is due need not wait until all are looked through.
        if let Some(after) = self.looking {
            self.looking = look_through(platform, after, now).await?;
        }
        let was_away = self.turned.is_none_or(|before| now > before + LATE);
        let since = self.since.filter(|since| !was_away && *since <= now).unwrap_or(now);
        self.since = Some(since);
        let wait = self.follow(platform, since, now).await?;
        self.turned = Some(platform.clock.now());
        Ok(if self.looking.is_some() { Duration::ZERO } else { wait })
    }

    /// Sets off the next that are due, for one who is there since then.
    async fn follow(
        &self,
        platform: &Platform,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Duration> {
        let mut tx = platform.db.system(&platform.system).await?;
        let next = due::next(&mut tx, AT_ONCE).await?;
        tx.commit().await?;
        let (due, later) = next.split_at(next.partition_point(|one| one.next_at <= now));
        let mut began = false;
        let mut failed = false;
        for one in due {
            match tick(platform, one, since, now).await {
                Ok(ran) => began |= ran,
                Err(Error::Store(error @ StoreError::Unavailable(_))) => return Err(error.into()),
                Err(error) => {
                    failed = true;
                    tracing::error!(trigger.id = %one.id, error = %Chain(&error), "a schedule could not be followed");
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
async fn tick(
    platform: &Platform,
    one: &Scheduled,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let by = triggered_by(platform, one.org_id, &one.run_as, &one.id.to_string())?;
    let mut tx = platform.db.begin(&by).await?;
    let Some(task) = tasks::find(&mut tx, one.task_id).await? else { return Ok(false) };
    let Some(schedule) = schedule(&task)? else { return Ok(false) };
    if !triggers::advance(&mut tx, &task.trigger, one.next_at, schedule.next_after(now)).await? {
        return Ok(false);
    }
    let Some(tick) = to_run(&schedule, task.trigger.missed, one.next_at, since, now) else {
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

/// The tick that runs now, of those from the due one on: the last one, if it is not missed or may run all the same. One
/// that waits for its turn is late and not missed: somebody was there for it.
fn to_run(
    schedule: &Schedule,
    missed: Missed,
    due: Timestamp,
    since: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    // No further back than matters: after a year there are half a million.
    let from = (due - TimeDelta::milliseconds(1)).max(now - OLDEST - TimeDelta::milliseconds(1));
    let last = schedule.last_between(from, now)?;
    let is_missed = since - last > LATE;
    (!is_missed || missed == Missed::RunOnce).then_some(last)
}

/// Brings schedules back that were moved on while a clock was ahead: a page of them, from one on. Ticks that ran meanwhile
/// do not run again. Gives the last of the page, if there may be more.
async fn look_through(
    platform: &Platform,
    after: TriggerId,
    now: Timestamp,
) -> Result<Option<TriggerId>> {
    let mut tx = platform.db.system(&platform.system).await?;
    let page = due::scheduled(&mut tx, after, AT_ONCE).await?;
    tx.commit().await?;
    for one in page.iter().filter(|one| one.next_at > now) {
        if let Err(error) = bring_back(platform, one, now).await {
            tracing::error!(trigger.id = %one.id, error = %Chain(&error), "a schedule could not be looked at");
        }
    }
    Ok(page.last().map(|last| last.id))
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
