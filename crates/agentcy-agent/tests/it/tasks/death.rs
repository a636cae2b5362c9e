//! Whatever dies while a run of a task begins or goes on, it begins once.

use agentcy_core::{
    job::{Payload, StartTask},
    task::TaskRunState,
};
use agentcy_platform::tasks;
use agentcy_store::system::jobs as store;
use agentcy_testkit::fake_llm::{End, Turn};
use chrono::TimeDelta;

use super::yard::{Yard, start, work};
use crate::run::talk::at_bench;

#[tokio::test]
async fn whoever_claimed_it_dies_before_it_begins() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    let now = yard.inner.platform.now();
    let mut tx = yard.inner.db.system(&yard.inner.system).await.unwrap();
    let until = now + TimeDelta::seconds(30);
    let claimed = store::claim(&mut tx, &[StartTask::NAME], "gone", 9, now, until).await.unwrap();
    assert_eq!(claimed.len(), 1);
    tx.commit().await.unwrap();
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::Pending, "somebody holds it");
    yard.leases_run_out().await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::Succeeded);
    assert_eq!(yard.count("runs").await, 1);
}

#[tokio::test]
async fn its_agent_dies_and_another_goes_on() {
    let turns = [Turn::streams(["Half"]).ends(End::Stalls), Turn::streams(["Whole."])];
    let yard = Yard::of(turns).await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    yard.start().await;
    yard.server.runs.claim().await.unwrap();
    yard.until_asked(1).await;
    yard.server.kill();
    let other = yard.replica();
    yard.leases_run_out().await;
    work(&other).await;
    let run = yard.run_of(&task, id).await;
    assert_eq!((run.state, run.attempt), (TaskRunState::Succeeded, 2), "{:?}", run.error);
    assert_eq!(run.output.as_deref(), Some("Whole."));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_starters_of_one_run_begin_it_once() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    let task = yard.manual().await;
    let other = yard.replica();
    for round in 0..5 {
        let id = yard.set_off(&yard.person, &task, "it").await;
        let platform = &yard.inner.platform;
        let by = platform.permit(&yard.admin, agentcy_core::Action::TaskTrigger).await.unwrap();
        let mut tx = platform.begin(&by).await.unwrap();
        for _ in 0..3 {
            tasks::enqueue_start(platform, &mut tx, id, &task.run_as).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (here, there) = tokio::join!(start(&yard.server), start(&other));
        assert_eq!(here + there, 4);
        yard.work().await;
        assert_eq!(yard.stands(&task, id).await.0, TaskRunState::Succeeded);
        assert_eq!(yard.count("runs").await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_that_begin_at_once_one_is_skipped() {
    let yard = Yard::of([Turn::calls([at_bench("poke", "a")])]).await;
    let task = yard.manual().await;
    let other = yard.replica();
    for what in ["one", "two", "three", "four"] {
        yard.set_off(&yard.person, &task, what).await;
    }
    tokio::join!(start(&yard.server), start(&other));
    assert_eq!(yard.count("task_runs where state = 'running'").await, 1);
    assert_eq!(yard.count("task_runs where state = 'cancelled'").await, 3);
    assert_eq!(yard.count("runs").await, 1);
}
