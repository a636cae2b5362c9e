//! A run of a task while another goes on, and stopping one.

use agentcy_agent::tasks as agent_tasks;
use agentcy_core::{
    id::TaskRunId,
    task::{Overlap, TaskRunState, TriggerKind},
};
use agentcy_platform::tasks::{self, Task, TaskUpdate, TriggerSpec};
use agentcy_testkit::fake_llm::{End, Turn};

use super::yard::{NO, Yard, work};
use crate::run::talk::at_bench;

/// A task whose first run waits for a person, and that run.
async fn busy(overlap: Overlap) -> (Yard, Task, TaskRunId) {
    let turns = [Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])];
    let yard = Yard::of(turns).await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.trigger.overlap = Some(overlap);
    let task = yard.define(&yard.person, new).await;
    let first = yard.set_off(&yard.person, &task, "one").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, first).await.0, TaskRunState::WaitingApproval);
    (yard, task, first)
}

#[tokio::test]
async fn the_next_does_not_begin_where_runs_are_skipped() {
    let (yard, task, first) = Box::pin(busy(Overlap::Skip)).await;
    let second = yard.set_off(&yard.person, &task, "two").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, second).await, (TaskRunState::Cancelled, "overlap".to_owned()));
    assert_eq!(yard.told(second).await, ["cancelled"]);
    yard.decide_first(NO).await;
    yard.work().await;
    let third = yard.set_off(&yard.person, &task, "three").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, first).await.0, TaskRunState::Succeeded);
    assert_eq!(yard.stands(&task, third).await.0, TaskRunState::Succeeded);
}

#[tokio::test]
async fn those_that_are_queued_begin_one_after_another_in_order() {
    let (yard, task, first) = Box::pin(busy(Overlap::Queue)).await;
    let mut queued = Vec::new();
    for what in ["two", "three", "four"] {
        queued.push(yard.set_off(&yard.person, &task, what).await);
    }
    yard.work().await;
    for id in &queued {
        assert_eq!(yard.stands(&task, *id).await.0, TaskRunState::Pending);
    }
    yard.decide_first(NO).await;
    yard.work().await;
    let mut begun = Vec::new();
    for id in [first].iter().chain(&queued) {
        let run = yard.run_of(&task, *id).await;
        assert_eq!(run.state, TaskRunState::Succeeded, "{:?}", run.error);
        begun.push((run.started_at.unwrap(), run.finished_at.unwrap()));
    }
    let asked: String = yard.asked().iter().map(|body| body["messages"].to_string()).collect();
    let place = |word: &str| asked.find(&format!("Look at {word}")).unwrap();
    assert!(place("two") < place("three") && place("three") < place("four"));
    assert_eq!(yard.count("jobs where state in ('queued', 'running')").await, 0);
}

#[tokio::test]
async fn those_that_wait_are_judged_anew_when_they_need_not_any_more() {
    for (overlap, expected) in [
        (Overlap::Skip, [TaskRunState::WaitingApproval, TaskRunState::Cancelled]),
        (Overlap::CancelPrevious, [TaskRunState::Cancelled, TaskRunState::Succeeded]),
    ] {
        let (yard, task, first) = Box::pin(busy(Overlap::Queue)).await;
        let second = yard.set_off(&yard.person, &task, "two").await;
        yard.work().await;
        assert_eq!(yard.stands(&task, second).await.0, TaskRunState::Pending);
        let spec = TriggerSpec { overlap: Some(overlap), ..TriggerSpec::new(TriggerKind::Manual) };
        let change = TaskUpdate { trigger: Some(spec), ..TaskUpdate::default() };
        tasks::update(&yard.inner.platform, &yard.person, task.id, change).await.unwrap();
        yard.work().await;
        let stand = [yard.stands(&task, first).await.0, yard.stands(&task, second).await.0];
        assert_eq!(stand, expected, "{overlap:?}");
    }
}

#[tokio::test]
async fn a_queued_run_that_is_stopped_holds_up_nobody() {
    let (yard, task, _) = Box::pin(busy(Overlap::Queue)).await;
    let second = yard.set_off(&yard.person, &task, "two").await;
    let third = yard.set_off(&yard.person, &task, "three").await;
    yard.work().await;
    let stopped = agent_tasks::cancel(&yard.server.runs, &yard.person, task.id, second).await;
    assert_eq!(stopped.unwrap().state, TaskRunState::Cancelled);
    yard.decide_first(NO).await;
    yard.work().await;
    assert_eq!(yard.stands(&task, second).await, (TaskRunState::Cancelled, "cancelled".to_owned()));
    assert_eq!(yard.stands(&task, third).await.0, TaskRunState::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_are_queued_are_all_done_whoever_begins_and_ends_them() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.trigger.overlap = Some(Overlap::Queue);
    let task = yard.define(&yard.person, new).await;
    let other = yard.replica();
    let setting_off = async {
        for _ in 0..12 {
            yard.set_off(&yard.person, &task, "it").await;
        }
    };
    let working = async {
        while yard.count("task_runs where state = 'succeeded'").await < 12 {
            tokio::join!(yard.work(), work(&other));
        }
    };
    let all = async { tokio::join!(setting_off, working) };
    let done = tokio::time::timeout(std::time::Duration::from_secs(30), all).await;
    assert!(done.is_ok(), "{} wait", yard.count("task_runs where state = 'pending'").await);
    assert_eq!(yard.count("runs").await, 12);
}

#[tokio::test]
async fn the_previous_makes_way_where_it_is_to() {
    let (yard, task, first) = Box::pin(busy(Overlap::CancelPrevious)).await;
    let second = yard.set_off(&yard.person, &task, "two").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, first).await, (TaskRunState::Cancelled, "overlap".to_owned()));
    assert_eq!(yard.stands(&task, second).await.0, TaskRunState::Succeeded);
    let rows = yard.inner.database.rows("select state from approvals").await;
    assert_eq!(rows[0]["state"], "superseded");
    assert_eq!(yard.bench.effects(), 0);
}

#[tokio::test]
async fn an_older_run_that_comes_late_does_not_stop_a_newer_one() {
    let turns = [Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])];
    let yard = Yard::of(turns).await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.trigger.overlap = Some(Overlap::CancelPrevious);
    let task = yard.define(&yard.person, new).await;
    let older = yard.set_off(&yard.person, &task, "one").await;
    yard.inner.database.execute("update jobs set run_at = run_at + interval '10 minutes'").await;
    let newer = yard.set_off(&yard.person, &task, "two").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, newer).await.0, TaskRunState::WaitingApproval);
    yard.inner.clock.advance(chrono::TimeDelta::minutes(11));
    yard.start().await;
    assert_eq!(yard.stands(&task, older).await, (TaskRunState::Cancelled, "overlap".to_owned()));
    assert_eq!(yard.count("runs where cancel").await, 0);
}

#[tokio::test]
async fn a_run_is_stopped_before_it_begins_and_between_two_steps() {
    let yard = Yard::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let task = yard.manual().await;
    let runs = &yard.server.runs;
    let early = yard.set_off(&yard.person, &task, "one").await;
    let stopped = agent_tasks::cancel(runs, &yard.person, task.id, early).await.unwrap();
    assert_eq!(stopped.state, TaskRunState::Cancelled);
    yard.work().await;
    assert_eq!(yard.count("runs").await, 0);

    let late = yard.set_off(&yard.person, &task, "two").await;
    yard.start().await;
    assert_eq!(runs.claim().await.unwrap(), 1);
    yard.until_asked(1).await;
    let asked = agent_tasks::cancel(runs, &yard.person, task.id, late).await.unwrap();
    assert!(
        matches!(asked.state, TaskRunState::Running | TaskRunState::Cancelled),
        "{:?}",
        asked.state
    );
    runs.idle().await;
    assert_eq!(yard.stands(&task, late).await, (TaskRunState::Cancelled, String::new()));
    assert_eq!(yard.told(late).await, ["running", "cancelled"]);
    let again = agent_tasks::cancel(runs, &yard.person, task.id, late).await.unwrap();
    assert_eq!(again.state, TaskRunState::Cancelled);
    let elsewhere = yard.define(&yard.person, yard.task("other", TriggerKind::Manual)).await;
    let foreign = agent_tasks::cancel(runs, &yard.person, elsewhere.id, late).await.unwrap_err();
    assert_eq!(foreign.code(), Some(agentcy_core::ErrorCode::NotFound));
}
