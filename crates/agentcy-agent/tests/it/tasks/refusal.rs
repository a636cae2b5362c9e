//! Why a run of a task is over before its agent is asked.

use agentcy_core::{
    Role,
    task::{TaskLimits, TaskRunState, TriggerKind},
};
use agentcy_platform::{
    agents::{self, AgentUpdate},
    tasks::{self, TaskUpdate},
};
use agentcy_testkit::fake_llm::Turn;
use serde_json::json;

use super::yard::{Yard, prompt};
use crate::run::talk::at_bench;

async fn yard() -> Yard {
    Yard::of([Turn::streams(["Done."])]).await
}

fn failed(code: &str) -> (TaskRunState, String) {
    (TaskRunState::Failed, code.to_owned())
}

#[tokio::test]
async fn whoever_it_runs_as_is_gone() {
    let yard = yard().await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.admin, &task, "it").await;
    let user = crate::stage::user_of(&yard.person);
    let gone = format!("delete from memberships where user_id = '{user}'");
    yard.inner.database.execute(&gone).await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await, failed("run_as_gone"));
    assert_eq!(yard.told(id).await, ["failed"]);
    assert_eq!(yard.count("runs").await, 0);
}

#[tokio::test]
async fn whoever_it_runs_as_is_gone_while_a_person_decides() {
    let yard = Yard::of([Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])]).await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    yard.work().await;
    let user = crate::stage::user_of(&yard.person);
    let gone = format!("delete from memberships where user_id = '{user}'");
    yard.inner.database.execute(&gone).await;
    yard.decide_first(crate::run::talk::YES).await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await, failed("run_as_gone"));
    assert_eq!(yard.bench.effects(), 0);
}

#[tokio::test]
async fn whoever_it_runs_as_does_not_see_its_realm_any_more() {
    let yard = yard().await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.realm = Some("crm".parse().unwrap());
    let task = yard.define(&yard.person, new).await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    yard.inner
        .database
        .execute("update memberships set realms = '{data}' where role = 'member'")
        .await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await, failed("run_as_gone"));
}

#[tokio::test]
async fn whoever_it_runs_as_does_not_see_the_agent() {
    let yard = yard().await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    let change = AgentUpdate {
        realm: agentcy_platform::Change::Set("crm".parse().unwrap()),
        ..AgentUpdate::default()
    };
    agents::update(&yard.inner.platform, &yard.admin, yard.agent, change).await.unwrap();
    yard.inner
        .database
        .execute("update memberships set realms = '{data}' where role = 'member'")
        .await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await, failed("agent_gone"));
}

#[tokio::test]
async fn it_has_run_as_often_as_it_may() {
    let yard = yard().await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.limits = TaskLimits { runs_per_hour: Some(2), ..TaskLimits::default() };
    let task = yard.define(&yard.person, new).await;
    let mut last = None;
    for what in ["one", "two", "three"] {
        last = Some(yard.set_off(&yard.person, &task, what).await);
        yard.work().await;
    }
    assert_eq!(yard.stands(&task, last.unwrap()).await, failed("quota_exceeded"));
    yard.inner.clock.advance(chrono::TimeDelta::minutes(61));
    let later = yard.set_off(&yard.person, &task, "four").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, later).await.0, TaskRunState::Succeeded);
}

#[tokio::test]
async fn it_was_switched_off_meanwhile() {
    let yard = yard().await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    let change = TaskUpdate { enabled: Some(false), ..TaskUpdate::default() };
    tasks::update(&yard.inner.platform, &yard.person, task.id, change).await.unwrap();
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await, (TaskRunState::Cancelled, "disabled".to_owned()));
}

#[tokio::test]
async fn what_it_is_told_cannot_be_filled_in() {
    let yard = yard().await;
    let mut new = yard.task("empty", TriggerKind::Manual);
    new.input_template = prompt("{{ trigger.body.missing }}");
    let empty = yard.define(&yard.person, new).await;
    let mut new = yard.task("on push", TriggerKind::Webhook);
    new.input_template = prompt("{{ trigger.body.what }}");
    let webhook = yard.define(&yard.person, new).await;
    let id = yard.set_off(&yard.person, &empty, "it").await;
    let delivered = yard.deliver(&webhook, &json!({ "what": "it" })).await;
    yard.inner.database.execute("delete from deliveries").await;
    yard.work().await;
    assert_eq!(yard.stands(&empty, id).await, failed("template_failed"));
    assert_eq!(yard.stands(&webhook, delivered).await, failed("template_failed"));
    assert_eq!(yard.count("conversations where task_id is not null").await, 0);
}

#[tokio::test]
async fn its_row_cannot_be_read() {
    let yard = yard().await;
    let task = yard.manual().await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    yard.inner.database.execute("update tasks set limits = '{\"steps\": true}'").await;
    yard.work().await;
    let rows = yard.inner.database.rows("select * from task_runs").await;
    assert_eq!(
        (&rows[0]["state"], &rows[0]["error"]["code"]),
        (&json!("failed"), &json!("internal"))
    );
    assert_eq!(yard.count("jobs where state = 'failed'").await, 1);
    yard.inner.database.execute("update tasks set limits = '{}'").await;
    assert_eq!(yard.stands(&task, id).await, failed("internal"));
}

#[tokio::test]
async fn a_task_that_is_removed_leaves_nothing_to_do() {
    let yard = Yard::of([Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])]).await;
    let task = yard.manual().await;
    yard.set_off(&yard.person, &task, "one").await;
    yard.work().await;
    yard.set_off(&yard.person, &task, "two").await;
    tasks::remove(&yard.inner.platform, &yard.person, task.id).await.unwrap();
    yard.work().await;
    let runs = yard.inner.database.rows("select state from runs").await;
    assert_eq!(runs, [json!({ "state": "cancelled" })]);
    assert_eq!(yard.count("jobs where state <> 'succeeded'").await, 0);
    assert_eq!(yard.count("conversations where task_id is not null and owner is null").await, 1);
}

#[tokio::test]
async fn a_viewer_reads_through_a_task_and_changes_nothing() {
    let turns =
        [Turn::calls([at_bench("look", "a"), at_bench("poke", "a")]), Turn::streams(["No."])];
    let yard = Yard::of(turns).await;
    yard.let_pass("allow", "allow").await;
    let viewer = yard.inner.caller(yard.org, Role::Viewer).await;
    let mut new = yard.task("by hand", TriggerKind::Manual);
    new.run_as = Some(viewer.principal.to_string());
    let task = yard.define(&yard.admin, new).await;
    let id = yard.set_off(&yard.admin, &task, "it").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::Succeeded);
    let calls = yard.inner.database.rows("select state from tool_calls order by ordinal").await;
    assert_eq!(calls, [json!({ "state": "done" }), json!({ "state": "refused" })]);
    assert_eq!(yard.bench.effects(), 0);
}
