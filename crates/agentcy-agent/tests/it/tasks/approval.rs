//! What the runs of a task may do without asking, and how long they wait for a person.

use agentcy_core::{
    agent::StandingApproval,
    task::{TaskRunState, TriggerKind},
    tool::{ApprovalDefault, ApprovalDefaults},
};
use agentcy_platform::{
    Change,
    agents::{self, AgentUpdate},
    tasks::Task,
};
use agentcy_testkit::fake_llm::Turn;
use chrono::TimeDelta;
use serde_json::json;

use super::yard::{Yard, work};
use crate::run::talk::{YES, at_bench};

const WEEK: i32 = 7 * 24 * 60 * 60;

fn asking(write: ApprovalDefault) -> ApprovalDefaults {
    ApprovalDefaults { write, ..ApprovalDefaults::default() }
}

async fn yard() -> Yard {
    Yard::of([Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])]).await
}

async fn agent_says(yard: &Yard, change: AgentUpdate) {
    agents::update(&yard.inner.platform, &yard.admin, yard.agent, change).await.unwrap();
}

#[tokio::test]
async fn the_tasks_default_goes_before_the_agents_and_that_before_the_orgs() {
    let yard = Yard::of([
        Turn::calls([at_bench("poke", "a")]),
        Turn::streams(["Done."]),
        Turn::calls([at_bench("poke", "b")]),
    ])
    .await;
    yard.let_pass("allow", "approve").await;
    let agents = asking(ApprovalDefault::Allow);
    agent_says(&yard, AgentUpdate { approval_defaults: Change::Set(agents), ..Default::default() })
        .await;
    let free = yard.manual().await;
    let id = yard.set_off(&yard.person, &free, "it").await;
    yard.work().await;
    assert_eq!(yard.stands(&free, id).await.0, TaskRunState::Succeeded);
    assert_eq!(yard.bench.effects(), 1);

    let mut new = yard.task("careful", TriggerKind::Manual);
    new.approval_defaults = Some(asking(ApprovalDefault::Approve));
    let careful = yard.define(&yard.admin, new).await;
    let id = yard.set_off(&yard.admin, &careful, "it").await;
    yard.work().await;
    assert_eq!(yard.stands(&careful, id).await.0, TaskRunState::WaitingApproval);
    assert_eq!(yard.bench.effects(), 1);
}

fn standing(yard: &Yard, target: &str) -> StandingApproval {
    StandingApproval {
        connector: "bench".to_owned(),
        tool: "poke".to_owned(),
        args_schema: json!({ "properties": { "target": { "const": target } }, "required": ["target"] }),
        max_per_day: 1,
        expires_at: yard.inner.platform.now() + TimeDelta::days(1),
    }
}

#[tokio::test]
async fn what_admins_agreed_to_holds_of_task_and_agent_and_is_counted_for_each() {
    let both = Turn::calls([at_bench("poke", "a"), at_bench("poke", "b")]);
    let yard = Yard::of([both.clone(), Turn::streams(["Done."]), both]).await;
    agent_says(
        &yard,
        AgentUpdate { standing_approvals: Some(vec![standing(&yard, "b")]), ..Default::default() },
    )
    .await;
    let mut new = yard.task("on push", TriggerKind::Webhook);
    new.standing_approvals = vec![standing(&yard, "a")];
    let task = yard.define(&yard.admin, new).await;
    let id = yard.deliver(&task, &json!({ "what": "it" })).await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::Succeeded);
    assert_eq!(yard.bench.effects(), 2);
    let uses = yard.inner.database.rows("select subject, uses from standing_counts").await;
    let subjects: Vec<_> = uses.iter().map(|row| row["subject"].as_str().unwrap()).collect();
    let (of_task, of_agent) =
        (uuid::Uuid::from(task.id).to_string(), uuid::Uuid::from(yard.agent).to_string());
    assert_eq!(uses.len(), 2);
    assert!(subjects.contains(&of_task.as_str()) && subjects.contains(&of_agent.as_str()));
    assert_eq!(yard.count("audit where details ->> 'passed_by' = 'standing'").await, 2);

    yard.inner.database.execute("delete from deliveries").await;
    let again = yard.deliver(&task, &json!({ "what": "it" })).await;
    yard.work().await;
    assert_eq!(yard.stands(&task, again).await.0, TaskRunState::WaitingApproval, "used up");
}

#[tokio::test]
async fn what_somebody_says_in_its_conversation_has_nothing_of_what_the_task_may() {
    let poke = || Turn::calls([at_bench("poke", "a")]);
    let yard = Yard::of([poke(), Turn::streams(["Done."]), poke()]).await;
    let mut new = yard.task("free", TriggerKind::Manual);
    new.approval_defaults = Some(asking(ApprovalDefault::Allow));
    new.standing_approvals = vec![StandingApproval { max_per_day: 9, ..standing(&yard, "a") }];
    let task = yard.define(&yard.admin, new).await;
    let id = yard.set_off(&yard.admin, &task, "it").await;
    yard.work().await;
    let run = yard.run_of(&task, id).await;
    assert_eq!((run.state, yard.bench.effects()), (TaskRunState::Succeeded, 1));
    let message = agentcy_agent::runs::NewMessage {
        content: "once more".to_owned(),
        on_busy: agentcy_core::chat::OnBusy::Refuse,
    };
    let (runs, conversation) = (&yard.server.runs, run.conversation_id.unwrap());
    agentcy_agent::runs::send(runs, &yard.person, conversation, message, None).await.unwrap();
    yard.until("select 1 from runs where task_run_id is null and state = 'waiting_approval'").await;
    assert_eq!(yard.bench.effects(), 1);
}

/// A task that waits for a week, and whose run does.
async fn patient() -> (Yard, Task, agentcy_core::id::TaskRunId) {
    let yard = yard().await;
    let mut new = yard.task("patient", TriggerKind::Manual);
    new.approval_timeout_secs = Some(WEEK);
    let task = yard.define(&yard.person, new).await;
    let id = yard.set_off(&yard.person, &task, "it").await;
    yard.work().await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::WaitingApproval);
    (yard, task, id)
}

#[tokio::test]
async fn a_decision_after_six_days_wakes_the_run_on_another_server() {
    let (yard, task, id) = Box::pin(patient()).await;
    yard.server.kill();
    let other = yard.replica();
    yard.inner.clock.advance(TimeDelta::days(6));
    work(&other).await;
    assert_eq!(yard.stands(&task, id).await.0, TaskRunState::WaitingApproval);
    yard.decide_first(YES).await;
    work(&other).await;
    let run = yard.run_of(&task, id).await;
    assert_eq!((run.state, run.attempt), (TaskRunState::Succeeded, 1), "{:?}", run.error);
    assert_eq!(yard.bench.effects(), 1);
    let told = yard.told(id).await;
    assert_eq!(told, ["running", "waiting_approval", "running", "succeeded"]);
}

#[tokio::test]
async fn nobody_decides_within_the_week() {
    let (yard, task, id) = Box::pin(patient()).await;
    yard.inner.clock.advance(TimeDelta::seconds(i64::from(WEEK) + 1));
    yard.work().await;
    let stands = yard.stands(&task, id).await;
    assert_eq!(stands, (TaskRunState::Failed, "approval_expired".to_owned()));
    assert_eq!(yard.bench.effects(), 0);
}
