//! In whose name a task runs, and what only an admin gives it.

use agentcy_core::{
    Caller, ErrorCode, Role,
    agent::StandingApproval,
    task::TriggerKind,
    tool::{ApprovalDefault, ApprovalDefaults},
};
use agentcy_platform::{
    Change,
    agents::{self, AgentUpdate},
    api_keys::{self, NewApiKey},
    tasks::{self, TaskUpdate},
};
use chrono::TimeDelta;
use serde_json::json;

use super::{Desk, template};
use crate::stage::{code, only, refusal};

fn as_whom(desk: &Desk, who: &Caller) -> tasks::NewTask {
    let run_as = Some(who.principal.to_string());
    tasks::NewTask { run_as, ..desk.task("Night", TriggerKind::Manual) }
}

#[tokio::test]
async fn a_task_runs_as_its_maker_and_only_an_admin_names_somebody_else() {
    let desk = Desk::new().await;
    let owner = desk.stage.member(desk.org, Role::Owner).await;
    let other = desk.stage.member(desk.org, Role::Member).await;
    let stranger = desk.stage.member(desk.org().await, Role::Member).await;
    let limited = desk.member_of(desk.org, Role::Admin, only(&["data"])).await;
    let denied = ErrorCode::InsufficientRole;
    assert_eq!(desk.refused(&desk.member, as_whom(&desk, &other)).await.0, denied);
    assert_eq!(desk.refused(&desk.member, as_whom(&desk, &desk.admin)).await.0, denied);
    assert_eq!(desk.refused(&desk.admin, as_whom(&desk, &owner)).await.0, denied);
    let nobody = (ErrorCode::Invalid, vec!["run_as".to_owned()]);
    assert_eq!(desk.refused(&desk.admin, as_whom(&desk, &stranger)).await, nobody);
    let mut made_up = desk.task("Night", TriggerKind::Manual);
    made_up.run_as = Some("root".into());
    assert_eq!(desk.refused(&desk.admin, made_up).await, nobody);
    let mut in_data = as_whom(&desk, &other);
    in_data.realm = Some("data".parse().unwrap());
    assert_eq!(desk.refused(&limited, in_data).await.0, denied, "who sees every realm");
    let made = desk.define(&desk.admin, as_whom(&desk, &other)).await.task;
    assert_eq!(made.run_as, other.principal.to_string());
    let away = format!("update memberships set disabled_at = now() where user_id = '{}'", {
        uuid::Uuid::from(crate::stage::user(&desk.member))
    });
    desk.database.execute(&away).await;
    assert_eq!(desk.refused(&desk.admin, as_whom(&desk, &desk.member)).await, nobody);
}

#[tokio::test]
async fn a_key_defines_tasks_that_run_as_itself() {
    let desk = Desk::new().await;
    let new = NewApiKey {
        name: "ci".into(),
        role: Role::Member,
        realms: None,
        expires_at: None,
        allowed_ips: Vec::new(),
        notes: String::new(),
        can_approve: false,
    };
    let made = api_keys::create(&desk.platform, &desk.admin, new).await.unwrap();
    let made = made.commit().await.unwrap();
    let key = Caller {
        principal: agentcy_core::Principal::Key(made.key.id),
        role: Role::Member,
        ..desk.as_key(&desk.admin)
    };
    let task = desk.define(&key, desk.task("Night", TriggerKind::Manual)).await.task;
    assert_eq!(task.run_as, made.key.id.to_string());
    assert_eq!(
        desk.refused(&key, as_whom(&desk, &desk.member)).await.0,
        ErrorCode::InsufficientRole
    );
    let mut other = as_whom(&desk, &key);
    other.name = "By an admin".into();
    desk.define(&desk.admin, other).await;
}

#[tokio::test]
async fn what_is_done_in_somebodys_name_is_changed_by_them_or_an_admin() {
    let desk = Desk::new().await;
    let other = desk.stage.member(desk.org, Role::Member).await;
    let of_admin = desk.define(&desk.admin, desk.task("Night", TriggerKind::Webhook)).await.task;
    let of_member = desk.define(&desk.member, desk.task("Day", TriggerKind::Webhook)).await.task;
    let denied = ErrorCode::InsufficientRole;
    let update = TaskUpdate::default;
    let words = || TaskUpdate { input_template: Some(template("Give me all.")), ..update() };
    for task in [&of_admin, &of_member] {
        let id = task.id;
        assert_eq!(code(desk.change(&other, id, words()).await), denied);
        assert_eq!(code(tasks::rotate(&desk.platform, &other, id, 0).await), denied);
        let rename = TaskUpdate { name: Some(format!("{id}")), ..update() };
        desk.change(&other, id, rename).await.unwrap();
        let off = TaskUpdate { enabled: Some(false), ..update() };
        desk.change(&other, id, off).await.unwrap();
        let on = TaskUpdate { enabled: Some(true), ..update() };
        assert_eq!(code(desk.change(&other, id, on.clone()).await), denied);
        desk.change(&desk.admin, id, on).await.unwrap();
        desk.change(&desk.admin, id, words()).await.unwrap();
    }
    // Whoever takes a task over has it run as themselves.
    let mine = TaskUpdate { run_as: Some(other.principal.to_string()), ..words() };
    let mine = desk.change(&other, of_admin.id, mine).await.unwrap();
    assert_eq!(mine.run_as, other.principal.to_string());
    assert_eq!(desk.read(of_member.id).await.run_as, desk.member.principal.to_string());
}

#[tokio::test]
async fn only_an_admin_lets_a_task_do_what_its_agent_or_the_org_asks_a_person_for() {
    let desk = Desk::new().await;
    let looser = ApprovalDefaults { write: ApprovalDefault::Allow, ..ApprovalDefaults::default() };
    let denied = ErrorCode::InsufficientRole;
    let mut new = desk.task("Night", TriggerKind::Manual);
    new.approval_defaults = Some(looser);
    assert_eq!(desk.refused(&desk.member, new.clone()).await.0, denied);
    let key = Caller { can_approve: false, ..desk.as_key(&desk.admin) };
    assert_eq!(desk.refused(&key, new.clone()).await.0, denied);
    let strict = ApprovalDefaults { read: ApprovalDefault::Approve, ..ApprovalDefaults::default() };
    let mut stricter = desk.task("Careful", TriggerKind::Manual);
    stricter.approval_defaults = Some(strict);
    desk.define(&desk.member, stricter).await;
    // Where the agent already may, the task may too.
    let change = AgentUpdate { approval_defaults: Change::Set(looser), ..AgentUpdate::default() };
    agents::update(&desk.platform, &desk.admin, desk.agent, change).await.unwrap();
    desk.define(&desk.member, new).await;
}

#[tokio::test]
async fn only_an_admin_agrees_beforehand_and_to_tools_that_there_are() {
    let desk = Desk::new().await;
    let standing = |tool: &str| StandingApproval {
        connector: "graph".into(),
        tool: tool.into(),
        args_schema: json!({ "type": "object" }),
        max_per_day: 5,
        expires_at: desk.now() + TimeDelta::days(1),
    };
    let mut new = desk.task("Night", TriggerKind::Manual);
    new.standing_approvals = vec![standing("upsert_node")];
    assert_eq!(desk.refused(&desk.member, new.clone()).await.0, ErrorCode::InsufficientRole);
    let made = desk.define(&desk.admin, new.clone()).await.task;
    assert_eq!(desk.read(made.id).await.standing_approvals, new.standing_approvals);
    let other = TaskUpdate {
        standing_approvals: Some(vec![standing("drop_all")]),
        ..TaskUpdate::default()
    };
    let paths = refusal(desk.change(&desk.admin, made.id, other).await).1;
    assert_eq!(paths, ["standing_approvals[0].tool"]);
}
