//! Runs of tasks: set off by hand, read, and stopped before they begin.

use agentcy_core::{
    Caller, ErrorCode, Limit, Role,
    id::TaskId,
    task::{Cause, TaskRunState, TriggerKind},
};
use agentcy_platform::{
    PageRequest,
    tasks::{self, TaskRun, TaskUpdate},
};
use serde_json::{Value, json};

use super::Desk;
use crate::stage::{code, only, refusal};

async fn run(desk: &Desk, task: TaskId, input: Option<Value>) -> TaskRun {
    let draft = tasks::run(&desk.platform, &desk.member, task, input).await.unwrap();
    draft.commit().await.unwrap()
}

#[tokio::test]
async fn a_run_that_somebody_asks_for_waits_with_the_job_that_begins_it() {
    let desk = Desk::new().await;
    // Whatever sets it off otherwise.
    let id = desk.define(&desk.admin, desk.ticking("@daily", "UTC")).await.task.id;
    let draft = tasks::run(&desk.platform, &desk.member, id, None).await.unwrap();
    drop(draft);
    assert!(desk.waiting().await.is_empty(), "nothing happened until it is committed");
    let made = run(&desk, id, Some(json!({ "host": "db-1" }))).await;
    assert_eq!(made.cause, Cause::Manual { actor: desk.member.principal.to_string() });
    assert_eq!((made.state, made.attempt), (TaskRunState::Pending, 0));
    let waiting = desk.waiting().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["payload"], json!({ "body": { "host": "db-1" } }));
    let job = desk.database.rows("select made_by, subject from jobs").await.remove(0);
    let by = desk.admin.principal.to_string();
    assert_eq!(job, json!({ "made_by": by, "subject": null }), "in whose name it runs");
    let found = tasks::run_of(&desk.platform, &desk.member, id, made.id).await.unwrap();
    assert_eq!((found.id, found.payload), (made.id, None));
    let audit = desk.audit("task.run").await;
    assert_eq!(audit[0]["target"], made.id.to_string());
}

#[tokio::test]
async fn a_viewer_or_a_task_that_is_off_starts_nothing() {
    let desk = Desk::new().await;
    let id = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task.id;
    let viewer = desk.stage.member(desk.org, Role::Viewer).await;
    let denied = tasks::run(&desk.platform, &viewer, id, None).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
    let hostile = tasks::run(&desk.platform, &desk.member, id, Some(json!(["a\0"]))).await;
    assert_eq!(refusal(hostile).1, ["input"]);
    let off = TaskUpdate { enabled: Some(false), ..TaskUpdate::default() };
    desk.change(&desk.member, id, off).await.unwrap();
    let refused = tasks::run(&desk.platform, &desk.member, id, None).await;
    assert_eq!(code(refused), ErrorCode::InUse);
    assert!(desk.waiting().await.is_empty());
}

#[tokio::test]
async fn runs_are_listed_the_newest_first_and_are_of_one_task() {
    let desk = Desk::new().await;
    let (platform, member) = (&desk.platform, &desk.member);
    let id = desk.define(member, desk.task("Night", TriggerKind::Manual)).await.task.id;
    let other = desk.define(member, desk.task("Day", TriggerKind::Manual)).await.task.id;
    let mut made = Vec::new();
    for _ in 0..3 {
        desk.pass(1);
        made.push(run(&desk, id, None).await.id);
    }
    made.reverse();
    let page = PageRequest { limit: Limit::new(2).unwrap(), cursor: None };
    let first = tasks::runs(platform, member, id, page).await.unwrap();
    let page = PageRequest { cursor: first.next_cursor.clone(), ..PageRequest::default() };
    let second = tasks::runs(platform, member, id, page.clone()).await.unwrap();
    let found: Vec<_> = first.items.iter().chain(&second.items).map(|run| run.id).collect();
    assert_eq!((found, first.total, second.next_cursor), (made.clone(), 3, None));
    assert_eq!(code(tasks::runs(platform, member, other, page).await), ErrorCode::InvalidCursor);
    assert_eq!(code(tasks::run_of(platform, member, other, made[0]).await), ErrorCode::NotFound);
    let stopped = tasks::cancel_pending(platform, member, other, made[0]).await;
    assert_eq!(code(stopped), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_run_that_waits_is_stopped_once_and_that_is_told() {
    let desk = Desk::new().await;
    let (platform, member) = (&desk.platform, &desk.member);
    let mut new = desk.task("Night", TriggerKind::Manual);
    new.realm = Some("crm".parse().unwrap());
    let id = desk.define(member, new).await.task.id;
    let made = run(&desk, id, Some(json!("x"))).await;
    let ended = tasks::cancel_pending(platform, member, id, made.id).await.unwrap().unwrap();
    assert_eq!(ended.state, TaskRunState::Cancelled);
    assert_eq!(ended.error.as_ref().unwrap().code, "cancelled");
    assert_eq!(ended.finished_at, Some(desk.now()));
    desk.pass(9);
    let again = tasks::cancel_pending(platform, member, id, made.id).await.unwrap().unwrap();
    assert_eq!(again, ended);
    let told = desk.told("task.run.updated").await;
    assert_eq!(told.len(), 1);
    let data = &told[0]["data"];
    assert_eq!((&data["id"], &data["state"]), (&json!(made.id), &json!("cancelled")));
    assert_eq!((&told[0]["realm"], &data["task_id"]), (&json!("crm"), &json!(id)));
    assert_eq!(told[0]["causes"], json!([uuid::Uuid::from(id)]), "its own task's doing");
    assert_eq!(desk.audit("task.run.cancel").await.len(), 1);

    let begun = run(&desk, id, None).await;
    desk.database.execute("update task_runs set state = 'running' where state = 'pending'").await;
    let stopped = tasks::cancel_pending(platform, member, id, begun.id).await.unwrap();
    assert_eq!(stopped, None, "its agent is at work");
}

#[tokio::test]
async fn what_was_said_with_every_realm_in_sight_is_for_those_who_see_every_realm() {
    let desk = Desk::new().await;
    let id = desk.define(&desk.member, desk.task("Night", TriggerKind::Manual)).await.task.id;
    let made = run(&desk, id, None).await;
    let said = r#"update task_runs set state = 'succeeded', finished_at = now(), output = 'all',
                                       input = '{"prompt": "tell"}'"#;
    desk.database.execute(said).await;
    let limited = desk.member_of(desk.org, Role::Admin, only(&["data"])).await;
    let of =
        async |caller: &Caller| tasks::run_of(&desk.platform, caller, id, made.id).await.unwrap();
    let (all, part) = (of(&desk.member).await, of(&limited).await);
    assert_eq!(
        (all.output.as_deref(), all.input),
        (Some("all"), Some(json!({ "prompt": "tell" })))
    );
    assert_eq!((part.output, part.input, part.state), (None, None, TaskRunState::Succeeded));
    let listed = tasks::runs(&desk.platform, &limited, id, PageRequest::default()).await.unwrap();
    assert_eq!(listed.items[0].output, None);
}
