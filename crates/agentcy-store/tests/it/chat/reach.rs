//! Who reaches what: another org nothing, the system no content, and what is deleted is gone.

use agentcy_core::{
    Limit, Realms,
    agent::{RunLimits, StandingApproval},
    chat::{MessageRole, RunState},
    tool::ApprovalDefaults,
};
use agentcy_store::{
    agents::{self, Agent},
    approvals, conversation_log as log,
    conversations::{self, Conversation, Filter},
    messages, runs, tool_calls,
};
use serde_json::json;
use uuid::Uuid;

use super::{a_conversation, a_message, asked, conversation, held_run, say, tx};
use crate::world::{World, at, connect, next_id};

const TABLES: [&str; 9] = [
    "agents",
    "conversations",
    "runs",
    "conversation_log",
    "messages",
    "tool_calls",
    "approvals",
    "standing_uses",
    "standing_counts",
];

fn agent(name: &str) -> Agent {
    Agent {
        id: next_id().into(),
        name: name.into(),
        instructions: "Be brief.".into(),
        model: Some("small".into()),
        tools: vec!["search_graph".into()],
        realm: None,
        limits: RunLimits { steps: Some(3), ..RunLimits::default() },
        approval_defaults: Some(ApprovalDefaults::default()),
        standing_approvals: vec![StandingApproval {
            connector: "graph".into(),
            tool: "upsert_node".into(),
            args_schema: json!({ "type": "object" }),
            max_per_day: 3,
            expires_at: at(1000),
        }],
        created_by: "usr_1".into(),
        created_at: at(0),
        updated_at: at(0),
    }
}

#[tokio::test]
async fn another_org_sees_and_changes_nothing() {
    let world = World::new().await;
    let (org, other) = (world.org().await, world.org().await);
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let message = a_message(id, hold.id, MessageRole::User, Some(1), "secret");
    say(&world, org, std::slice::from_ref(&message)).await;
    let (call, approval) = asked(&world, org, id, hold.id, 1).await.remove(0);
    let own = agent("scout");
    let mut tx1 = tx(&world, org).await;
    agents::insert(&mut tx1, &own).await.unwrap();
    let events = "1 user_message {}\n";
    let lines = log::Lines { conversation: id, first: 1, last: 1, reserved: 9, events, at: at(0) };
    log::flush(&mut tx1, hold, &lines, at(30)).await.unwrap();
    tx1.commit().await.unwrap();

    let mut tx2 = tx(&world, other).await;
    let all = Limit::default();
    assert_eq!(conversations::find(&mut tx2, id).await.unwrap(), None);
    assert_eq!(conversations::lock(&mut tx2, id).await.unwrap(), None);
    assert_eq!(conversations::open_for_turn(&mut tx2, id).await.unwrap(), None);
    let filter = Filter { owner: "usr_1", realms: &Realms::All, query: None, archived: None };
    assert_eq!(conversations::list(&mut tx2, filter, all, None).await.unwrap().total, 0);
    assert!(!conversations::delete(&mut tx2, id).await.unwrap());
    assert_eq!(agents::find(&mut tx2, own.id).await.unwrap(), None);
    assert!(!agents::update(&mut tx2, &own).await.unwrap());
    assert!(!agents::delete(&mut tx2, own.id, at(1)).await.unwrap());
    assert_eq!(runs::find(&mut tx2, hold.id).await.unwrap(), None);
    assert_eq!(runs::ask_cancel(&mut tx2, hold.id, false, at(1)).await.unwrap(), None);
    assert_eq!(runs::promote(&mut tx2, id, at(1)).await.unwrap(), None);
    assert_eq!(messages::find(&mut tx2, message.id).await.unwrap(), None);
    assert!(messages::context(&mut tx2, id, i64::MAX).await.unwrap().is_empty());
    assert!(!messages::update(&mut tx2, &message).await.unwrap());
    assert_eq!(tool_calls::find(&mut tx2, call).await.unwrap(), None);
    assert_eq!(approvals::find(&mut tx2, approval.id).await.unwrap(), None);
    let verdict = approvals::Verdict {
        approved: true,
        by: "usr_9",
        note: None,
        args: None,
        remember_until: None,
        at: at(1),
    };
    assert!(!approvals::decide(&mut tx2, approval.id, &verdict).await.unwrap());
    assert!(log::after(&mut tx2, id, 0, 1 << 20).await.unwrap().is_empty());
    assert!(log::of_run(&mut tx2, hold.id).await.unwrap().is_empty());
    tx2.commit().await.unwrap();

    // Without the org in the statement the rows stay unseen all the same.
    let options = world
        .test
        .app
        .clone()
        .options([("role", "agentcy_tenant"), ("agentcy.org", &Uuid::from(other).to_string())]);
    let mut conn = connect(&options).await;
    for table in TABLES {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(query).fetch_one(&mut conn).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn the_system_reads_no_word_of_a_conversation_and_nobody_rewrites_its_log() {
    let world = World::new().await;
    let mut conn = connect(&world.test.app.clone().options([("role", "agentcy_system")])).await;
    let contents = [
        "select * from agents",
        "select * from conversations",
        "select events from conversation_log",
        "select parts from messages",
        "select args from tool_calls",
        "select args from approvals",
        "select * from standing_counts",
        "select system from runs",
        "select output from runs",
        "select error from runs",
        "update runs set starter = 'usr_1'",
        "update runs set cancel = true",
        "delete from runs",
    ];
    for statement in contents {
        let error = sqlx::raw_sql(statement).execute(&mut conn).await.unwrap_err();
        let refusal = error.as_database_error().unwrap();
        assert_eq!(refusal.code().unwrap_or_default(), "42501", "{statement}: {error}");
    }
    let mut conn = connect(&world.test.app.clone().options([("role", "agentcy_tenant")])).await;
    for statement in ["update conversation_log set events = ''", "delete from conversation_log"] {
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap_err();
    }
}

#[tokio::test]
async fn an_agent_reads_back_and_its_name_is_taken_in_its_org_alone() {
    let world = World::new().await;
    let (org, other) = (world.org().await, world.org().await);
    let mut scout = agent("Scout");
    let mut tx1 = tx(&world, org).await;
    agents::insert(&mut tx1, &scout).await.unwrap();
    assert_eq!(agents::find(&mut tx1, scout.id).await.unwrap().as_ref(), Some(&scout));
    scout.approval_defaults = None;
    scout.model = None;
    scout.updated_at = at(5);
    assert!(agents::update(&mut tx1, &scout).await.unwrap());
    assert_eq!(agents::lock(&mut tx1, scout.id).await.unwrap().as_ref(), Some(&scout));
    tx1.commit().await.unwrap();
    let mut tx1 = tx(&world, org).await;
    let refused = agents::insert(&mut tx1, &agent("scout")).await.unwrap_err();
    assert_eq!(refused.constraint(), Some(agents::NAME_KEY));
    let mut tx2 = tx(&world, other).await;
    agents::insert(&mut tx2, &agent("scout")).await.unwrap();
}

#[tokio::test]
async fn a_turn_stands_on_conversation_agent_and_org_in_one_look() {
    let world = World::new().await;
    let org = world.org().await;
    let scout = agent("scout");
    let with = Conversation { agent_id: Some(scout.id), ..a_conversation(Some("usr_1"), 0) };
    let without = a_conversation(None, 0);
    let mut tx = tx(&world, org).await;
    agents::insert(&mut tx, &scout).await.unwrap();
    conversations::insert(&mut tx, &with).await.unwrap();
    conversations::insert(&mut tx, &without).await.unwrap();
    let turn = conversations::open_for_turn(&mut tx, with.id).await.unwrap().unwrap();
    assert_eq!((turn.conversation, turn.agent.as_ref()), (with.clone(), Some(&scout)));
    assert_eq!((turn.approval_timeout_secs, turn.require_other), (300, false));
    assert_eq!(turn.approval_defaults, ApprovalDefaults::default());
    let turn = conversations::open_for_turn(&mut tx, without.id).await.unwrap().unwrap();
    assert_eq!((turn.conversation, turn.agent), (without, None));
    assert!(agents::delete(&mut tx, scout.id, at(1)).await.unwrap());
    let turn = conversations::turn(&mut tx, with.id).await.unwrap().unwrap();
    assert_eq!((turn.conversation.agent_id, turn.agent), (None, None), "it stays, without it");
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_all_that_happened_in_it() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    say(&world, org, &[a_message(id, hold.id, MessageRole::User, Some(1), "hello")]).await;
    asked(&world, org, id, hold.id, 2).await;
    let mut tx1 = tx(&world, org).await;
    let lines =
        log::Lines { conversation: id, first: 1, last: 1, reserved: 9, events: "", at: at(0) };
    log::flush(&mut tx1, hold, &lines, at(30)).await.unwrap();
    assert_eq!(runs::held(&mut tx1, hold).await.unwrap().state, RunState::Running);
    assert!(conversations::delete(&mut tx1, id).await.unwrap());
    tx1.commit().await.unwrap();
    for table in &TABLES[1..7] {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 =
            sqlx::query_scalar(query).fetch_one(&mut world.owner().await).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
}
