//! Chains of tasks have an end.

use agentcy_core::task::{LifecycleEvent, MAX_DEPTH, TriggerKind};
use agentcy_platform::tasks::{NewTask, TriggerSpec};
use agentcy_testkit::fake_llm::Turn;
use serde_json::json;

use super::yard::{Yard, prompt};
use crate::run::talk::YES;

fn listening(yard: &Yard, name: &str, event: LifecycleEvent) -> NewTask {
    let mut new = yard.task(name, TriggerKind::Lifecycle);
    let events = vec![event];
    new.trigger = TriggerSpec { events, ..TriggerSpec::new(TriggerKind::Lifecycle) };
    new.input_template = prompt("After {{ trigger.event.name }}.");
    new
}

#[tokio::test]
async fn a_task_does_not_set_itself_off() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    let own = listening(&yard, "own", LifecycleEvent::TaskRunSucceeded);
    let own = yard.define(&yard.person, own).await;
    let first = yard.manual().await;
    yard.set_off(&yard.person, &first, "it").await;
    yard.work().await;
    assert_eq!(yard.count("task_runs").await, 2);
    let trigger = yard.inner.database.rows("select * from triggers where skipped_at is not null");
    let trigger = trigger.await;
    assert_eq!(trigger.len(), 1);
    assert_eq!(trigger[0]["task_id"], uuid::Uuid::from(own.id).to_string());
    assert_eq!(yard.count("outbox where event = 'task.skipped'").await, 1);
}

#[tokio::test]
async fn a_chain_is_no_longer_than_three_tasks() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    for name in ["b", "c", "d"] {
        let new = listening(&yard, name, LifecycleEvent::TaskRunSucceeded);
        yard.define(&yard.person, new).await;
    }
    let first = yard.manual().await;
    yard.set_off(&yard.person, &first, "it").await;
    yard.work().await;
    // The first sets off three; each of these the other two, unless one of those is at work; those nobody.
    let runs = yard.inner.database.rows("select causes from task_runs").await;
    let deepest = runs.iter().map(|run| run["causes"].as_array().unwrap().len()).max();
    assert_eq!(deepest, Some(MAX_DEPTH - 1));
    let why = "three tasks led to the event one after another";
    // What a trigger shows is the last reason, and that may be another.
    let skipped = format!("outbox where event = 'task.skipped' and data->>'why' = '{why}'");
    assert!(yard.count(&skipped).await > 0);
    let waits = "task_runs where state in ('pending', 'running')";
    assert_eq!(yard.count(waits).await, 0);
}

#[tokio::test]
async fn a_task_that_cannot_begin_does_not_follow_its_own_failure() {
    let yard = Yard::of([Turn::streams(["Done."])]).await;
    let mut new = listening(&yard, "mourner", LifecycleEvent::TaskRunFailed);
    new.input_template = prompt("{{ trigger.body.nothing }}");
    yard.define(&yard.person, new).await;
    let mut new = yard.task("broken", TriggerKind::Manual);
    new.input_template = prompt("{{ trigger.body.nothing }}");
    let broken = yard.define(&yard.person, new).await;
    yard.set_off(&yard.person, &broken, "it").await;
    yard.work().await;
    assert_eq!(yard.count("task_runs where state = 'failed'").await, 2);
    assert_eq!(yard.count("outbox where event = 'task.skipped'").await, 1);
}

#[tokio::test]
async fn what_its_agent_writes_and_asks_is_its_doing() {
    let node = json!({ "key": "service:a", "labels": ["Service"], "realm": "data" });
    let turns = [Turn::calls([("upsert_node", node)]), Turn::streams(["Done."])];
    let yard = Yard::of(turns).await;
    let on_write = listening(&yard, "on write", LifecycleEvent::GraphChanged);
    let on_write = yard.define(&yard.person, on_write).await;
    let on_answer = listening(&yard, "on answer", LifecycleEvent::ApprovalResolved);
    let on_answer = yard.define(&yard.person, on_answer).await;
    let first = yard.manual().await;
    yard.set_off(&yard.person, &first, "it").await;
    yard.work().await;
    yard.decide_first(YES).await;
    let writing = yard.work();
    let settling = async {
        loop {
            yard.inner.settle().await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! { () = writing => {}, () = settling => {} }
    let mut caused: Vec<_> = yard
        .inner
        .database
        .rows("select task_id, causes from task_runs where cause ->> 'kind' = 'lifecycle'")
        .await;
    caused.sort_by_key(|row| row["task_id"].to_string());
    let id = |task: &agentcy_platform::tasks::Task| uuid::Uuid::from(task.id).to_string();
    let mut expected = [id(&on_write), id(&on_answer)];
    expected.sort();
    assert_eq!(caused.len(), 2, "{caused:?}");
    for (row, task) in caused.iter().zip(expected) {
        assert_eq!(row["task_id"], task);
        assert_eq!(row["causes"], json!([id(&first)]));
    }
}
