//! Ticks: each runs once, whoever looks at the clock and whatever the clock does.

use std::time::Duration;

use agentcy_core::{
    id::TaskId,
    task::{Missed, TriggerKind},
};
use agentcy_platform::tasks::{self, Scheduler, TaskUpdate, TriggerSpec};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Desk, at};

impl Desk {
    /// Turns a clock until nothing is due.
    async fn turn(&self, scheduler: &mut Scheduler) -> Duration {
        loop {
            let pause = scheduler.turn(&self.platform).await.unwrap();
            if !pause.is_zero() {
                return pause;
            }
        }
    }

    /// The ticks that ran, the first first.
    async fn ticks(&self) -> Vec<String> {
        let ticks = "select to_char(tick at time zone 'UTC', 'DD HH24:MI') as tick from task_runs
                     order by task_runs.tick";
        let rows = self.database.rows(ticks).await;
        rows.into_iter().map(|row| row["tick"].as_str().unwrap().to_owned()).collect()
    }

    async fn ticker(&self, cron: &str, zone: &str, missed: Missed) -> TaskId {
        let mut new = self.ticking(cron, zone);
        new.trigger.missed = Some(missed);
        self.define(&self.member, new).await.task.id
    }
}

#[tokio::test]
async fn a_tick_makes_a_run_with_its_job_and_the_schedule_moves_on() {
    let desk = Desk::new().await;
    let id = desk.ticker("*/5 * * * *", "UTC", Missed::RunOnce).await;
    let mut clock = Scheduler::default();
    assert_eq!(desk.turn(&mut clock).await, Duration::from_secs(1));
    assert!(desk.ticks().await.is_empty());
    desk.clock.advance(TimeDelta::milliseconds(299_600));
    assert_eq!(desk.turn(&mut clock).await, Duration::from_millis(400), "until the next tick");
    desk.clock.advance(TimeDelta::milliseconds(400));
    desk.turn(&mut clock).await;
    desk.turn(&mut clock).await;
    let waiting = desk.waiting().await;
    assert_eq!(waiting.len(), 1);
    let tick = at("2027-01-15T08:05:00Z");
    assert_eq!(waiting[0]["cause"], json!({ "kind": "schedule", "tick": tick }));
    assert_eq!(waiting[0]["payload"], json!({ "tick": tick }));
    assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2027-01-15T08:10:00Z")));
    assert_eq!(waiting[0]["causes"], json!([]));
}

#[tokio::test]
async fn two_clocks_that_race_make_one_run_of_each_tick() {
    let desk = Desk::new().await;
    for n in 0..5 {
        let mut new = desk.ticking("* * * * *", "UTC");
        new.name = format!("Ticker {n}");
        desk.define(&desk.member, new).await;
    }
    let replica = desk.replica();
    let (mut one, mut other) = (Scheduler::default(), Scheduler::default());
    for _ in 0..10 {
        desk.pass(60);
        let (a, b) = tokio::join!(one.turn(&desk.platform), other.turn(&replica));
        a.unwrap();
        b.unwrap();
    }
    let count = "select count(*) as runs, count(distinct (task_id, tick)) as ticks from task_runs";
    let count = desk.database.rows(count).await.remove(0);
    assert_eq!(count, json!({ "runs": 50, "ticks": 50 }));
    assert_eq!(desk.waiting().await.len(), 50, "each has one job");
    let jobs = desk.database.rows("select count(*) as jobs from jobs").await.remove(0);
    assert_eq!(jobs, json!({ "jobs": 50 }));
}

#[tokio::test]
async fn a_tick_that_nobody_was_there_for_runs_once_or_not_at_all() {
    for (missed, late, ran) in [
        (Missed::Skip, 59, &["15 09:00"][..]),
        (Missed::Skip, 61, &[]),
        (Missed::RunOnce, 61, &["15 09:00"]),
        (Missed::RunOnce, 3599, &["15 09:00"]),
        (Missed::RunOnce, 3601, &[]),
    ] {
        let desk = Desk::new().await;
        let id = desk.ticker("0 9 * * *", "UTC", missed).await;
        desk.set("2027-01-15T09:00:00Z");
        desk.pass(late);
        desk.turn(&mut Scheduler::default()).await;
        assert_eq!(desk.ticks().await, ran, "{missed} {late} s late");
        let next = desk.read(id).await.trigger.next_at;
        assert_eq!(next, Some(at("2027-01-16T09:00:00Z")), "{missed} {late} s late");
    }
}

#[tokio::test]
async fn of_many_missed_ticks_the_last_one_runs() {
    for (missed, ran) in [(Missed::RunOnce, &["20 11:50"][..]), (Missed::Skip, &[])] {
        let desk = Desk::new().await;
        let id = desk.ticker("*/10 * * * *", "UTC", missed).await;
        // The clock is put forward, or the server was away for days.
        desk.set("2027-01-20T11:55:00Z");
        let mut clock = Scheduler::default();
        desk.turn(&mut clock).await;
        assert_eq!(desk.ticks().await, ran);
        assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2027-01-20T12:00:00Z")));
        desk.pass(300);
        desk.turn(&mut clock).await;
        assert_eq!(desk.ticks().await.last().unwrap(), "20 12:00", "those in time run anyway");
    }
}

#[tokio::test]
async fn a_clock_that_is_put_back_runs_nothing_twice_and_goes_on_at_once() {
    let desk = Desk::new().await;
    let id = desk.ticker("*/10 * * * *", "UTC", Missed::RunOnce).await;
    let mut clock = Scheduler::default();
    for minute in [10, 20, 30] {
        desk.set(&format!("2027-01-15T08:{minute}:00Z"));
        desk.turn(&mut clock).await;
    }
    let ran = ["15 08:10", "15 08:20", "15 08:30"];
    assert_eq!(desk.ticks().await, ran);
    desk.set("2027-01-15T08:05:00Z");
    desk.turn(&mut clock).await;
    assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2027-01-15T08:10:00Z")));
    for minute in 10..=30 {
        desk.set(&format!("2027-01-15T08:{minute}:00Z"));
        desk.turn(&mut clock).await;
    }
    assert_eq!(desk.ticks().await, ran, "they ran before");
    desk.set("2027-01-15T08:40:00Z");
    desk.turn(&mut clock).await;
    assert_eq!(desk.ticks().await.last().unwrap(), "15 08:40");
    let jobs = desk.database.rows("select count(*) as jobs from jobs").await.remove(0);
    assert_eq!(jobs, json!({ "jobs": 4 }));
}

#[tokio::test]
async fn a_clock_that_was_far_ahead_stops_no_schedule_for_good() {
    let desk = Desk::new().await;
    let id = desk.ticker("0 * * * *", "UTC", Missed::Skip).await;
    desk.set("2031-07-01T10:30:00Z");
    desk.turn(&mut Scheduler::default()).await;
    assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2031-07-01T11:00:00Z")));
    desk.set("2027-01-15T08:30:00Z");
    // A process that has never seen the wrong time.
    let mut other = Scheduler::default();
    desk.turn(&mut other).await;
    assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2027-01-15T09:00:00Z")));
    desk.set("2027-01-15T09:00:00Z");
    desk.turn(&mut other).await;
    assert_eq!(desk.ticks().await, ["15 09:00"]);
    // Or one that looked only before it was set wrong by another.
    desk.database.execute("update triggers set next_at = '2040-01-01T00:00:00Z'").await;
    desk.pass(660);
    desk.turn(&mut other).await;
    assert_eq!(desk.read(id).await.trigger.next_at, Some(at("2027-01-15T10:00:00Z")));
}

#[tokio::test]
async fn clocks_that_are_put_forward_and_back_for_summer_skip_and_double_no_tick() {
    let desk = Desk::new().await;
    let id = desk.ticker("30 2 * * *", "Europe/Berlin", Missed::RunOnce).await;
    let mut clock = Scheduler::default();
    for (from, to) in [("2027-03-27T12:00:00Z", 30), ("2027-10-30T12:00:00Z", 30)] {
        // What lies between is another matter.
        desk.set(from);
        desk.turn(&mut clock).await;
        desk.database.execute("delete from task_runs").await;
        for _ in 0..to * 60 / 10 {
            desk.pass(600);
            desk.turn(&mut clock).await;
        }
        let ran = desk.ticks().await;
        let expected = if from.contains("-03-") { ["28 01:00"] } else { ["31 00:30"] };
        assert_eq!(ran, expected, "UTC, of the thirty hours from {from}");
    }
    assert!(desk.read(id).await.trigger.next_at.is_some());
}

#[tokio::test]
async fn a_task_that_is_off_or_another_by_now_does_not_tick() {
    let desk = Desk::new().await;
    let member = &desk.member;
    let id = desk.ticker("*/10 * * * *", "UTC", Missed::RunOnce).await;
    let mut clock = Scheduler::default();
    let off = TaskUpdate { enabled: Some(false), ..TaskUpdate::default() };
    desk.change(member, id, off).await.unwrap();
    desk.pass(601);
    desk.turn(&mut clock).await;
    assert!(desk.ticks().await.is_empty());
    let on = TaskUpdate { enabled: Some(true), ..TaskUpdate::default() };
    desk.change(member, id, on).await.unwrap();
    let spec =
        TriggerSpec { cron: Some("45 8 * * *".into()), ..TriggerSpec::new(TriggerKind::Schedule) };
    let other = TaskUpdate { trigger: Some(spec), ..TaskUpdate::default() };
    desk.change(member, id, other).await.unwrap();
    desk.set("2027-01-15T08:45:00Z");
    desk.turn(&mut clock).await;
    assert_eq!(desk.ticks().await, ["15 08:45"]);
    tasks::remove(&desk.platform, member, id).await.unwrap();
    desk.set("2027-01-17T08:45:00Z");
    desk.turn(&mut clock).await;
    assert_eq!(desk.ticks().await, ["15 08:45"]);
}

/// Tickers that are all due at the same time: these, and the one that they are copies of.
async fn tickers(desk: &Desk, missed: Missed, copies: usize) {
    let id = desk.ticker("0 9 * * *", "UTC", missed).await;
    for n in 0..copies {
        let (task, name) = (desk.ids.next::<TaskId>(), format!("Ticker {n}"));
        let copy = format!(
            "insert into tasks (id, org_id, name, agent_id, run_as, input_template, created_by,
                                created_at, updated_at)
             select '{0}', org_id, '{name}', agent_id, run_as, input_template, created_by,
                    created_at, updated_at from tasks where name = 'Ticker';
             insert into triggers (id, org_id, task_id, kind, cron, missed, next_at)
             select gen_random_uuid(), org_id, '{0}', kind, cron, missed, next_at
             from triggers where task_id = '{1}'",
            uuid::Uuid::from(task),
            uuid::Uuid::from(id),
        );
        desk.database.execute(&copy).await;
    }
}

#[tokio::test]
async fn of_more_than_can_be_followed_in_time_none_is_missed_while_somebody_is_there() {
    let desk = Desk::new().await;
    tickers(&desk, Missed::Skip, 250).await;
    desk.set("2027-01-15T08:59:59Z");
    let mut clock = Scheduler::default();
    desk.turn(&mut clock).await;
    for _ in 0..4 {
        desk.pass(40);
        clock.turn(&desk.platform).await.unwrap();
    }
    assert_eq!(desk.ticks().await.len(), 251);
}

#[tokio::test]
async fn many_schedules_that_are_due_at_once_all_run() {
    let desk = Desk::new().await;
    tickers(&desk, Missed::RunOnce, 250).await;
    desk.set("2027-01-15T09:00:00Z");
    desk.turn(&mut Scheduler::default()).await;
    assert_eq!(desk.ticks().await.len(), 251);
    let late: Vec<Value> =
        desk.database.rows("select 1 from triggers where next_at <= '2027-01-15T09:00:00Z'").await;
    assert!(late.is_empty());
}
