//! Conversations: whose writes count, what is decided once, and who sees what.

mod approvals;
mod begin;
mod end;
mod history;
mod log;
mod reach;
mod runs;

use agentcy_core::{
    Timestamp,
    agent::RunLimits,
    chat::{ApprovalState, CallState, MessageRole, MessageState, Part},
    id::{ConversationId, MessageId, OrgId, RunId, ToolCallId},
    tool::Effect,
};
use agentcy_store::{
    Error, Reader, Tx,
    approvals::{self as approvals_store, Approval},
    conversations::{self, Conversation},
    messages::{self as messages_store, Aside, Message},
    runs::{self as runs_store, Hold, NewRun, Start},
    system::runs as system,
    tool_calls::{self, ToolCall},
};
use serde_json::json;

use crate::world::{SYSTEM, World, at, by, next_id};

async fn tx(world: &World, org: OrgId) -> Tx {
    world.db.begin(&by(org)).await.unwrap()
}

async fn reader(world: &World, org: OrgId) -> Reader {
    world.db.read(&by(org)).await.unwrap()
}

fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::LeaseLost(_)))
}

fn a_conversation(owner: Option<&str>, secs: i64) -> Conversation {
    Conversation {
        id: next_id().into(),
        owner: owner.map(str::to_owned),
        task_id: None,
        agent_id: None,
        title: String::new(),
        realm: None,
        archived: false,
        last_seq: 0,
        reserved: 0,
        active_run: None,
        created_at: at(secs),
        updated_at: at(secs),
    }
}

async fn conversation(world: &World, org: OrgId) -> ConversationId {
    let new = a_conversation(Some("usr_1"), 0);
    let mut tx = tx(world, org).await;
    conversations::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

async fn find(world: &World, org: OrgId, id: ConversationId) -> Conversation {
    conversations::find(&mut reader(world, org).await, id).await.unwrap().unwrap()
}

/// A run that `holder` has for half a minute from the second 0 on.
async fn held_run(world: &World, org: OrgId, conversation: ConversationId) -> Hold {
    new_run(world, org, conversation, held(30), 0).await
}

fn held(secs: i64) -> Start {
    Start::Held { holder: "me".into(), lease_until: at(secs) }
}

async fn new_run(
    world: &World,
    org: OrgId,
    conversation: ConversationId,
    start: Start,
    secs: i64,
) -> Hold {
    let new = NewRun {
        id: next_id().into(),
        conversation_id: conversation,
        agent_id: None,
        message_id: next_id().into(),
        starter: "usr_1".into(),
        limits: RunLimits::default(),
        system: None,
        task: None,
        at: at(secs),
        start,
    };
    let mut tx = tx(world, org).await;
    let hold = runs_store::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    hold
}

async fn run(world: &World, org: OrgId, id: RunId) -> runs_store::Run {
    runs_store::find(&mut reader(world, org).await, id).await.unwrap().unwrap()
}

async fn claim(world: &World, most: i64, secs: i64) -> Vec<system::Claimed> {
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let claimed = system::claim(&mut tx, "other", most, at(secs), at(secs + 30)).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

fn text(text: &str) -> Vec<Part> {
    vec![Part::Text { step: 0, text: text.to_owned() }]
}

fn a_message(
    conversation: ConversationId,
    run: RunId,
    role: MessageRole,
    seq: Option<i64>,
    said: &str,
) -> Message {
    Message {
        id: next_id().into(),
        conversation_id: conversation,
        run_id: run,
        role,
        state: if seq.is_some() { MessageState::Complete } else { MessageState::Queued },
        seq,
        through: None,
        parts: text(said),
        aside: Aside::default(),
        model: None,
        usage: None,
        finish_reason: None,
        error: None,
        created_at: at(0),
        finished_at: None,
    }
}

async fn say(world: &World, org: OrgId, messages: &[Message]) {
    let mut tx = tx(world, org).await;
    messages_store::insert(&mut tx, messages).await.unwrap();
    tx.commit().await.unwrap();
}

fn a_call(conversation: ConversationId, run: RunId, ordinal: i32) -> ToolCall {
    ToolCall {
        id: next_id().into(),
        conversation_id: conversation,
        run_id: run,
        message_id: MessageId::from(next_id()),
        step: 0,
        ordinal,
        provider_id: format!("call_{ordinal}"),
        name: "execute_connector_tool".into(),
        connector: Some("src".into()),
        tool: Some("request".into()),
        args: json!({ "path": "/" }),
        effect: Some(Effect::Write),
        state: CallState::Requested,
        passed_by: None,
        result: None,
        created_at: at(i64::from(ordinal)),
        started_at: None,
        finished_at: None,
    }
}

fn an_approval(call: &ToolCall, expires: Timestamp) -> Approval {
    Approval {
        id: next_id().into(),
        conversation_id: call.conversation_id,
        run_id: call.run_id,
        tool_call_id: call.id,
        tool: "src.request".into(),
        connector: call.connector.clone(),
        args: call.args.clone(),
        args_schema: json!({ "type": "object" }),
        digest: vec![7; 32],
        effect: Effect::Write,
        reason: "it writes".into(),
        requested_by: "usr_1".into(),
        state: ApprovalState::Pending,
        call_state: call.state,
        decided_by: None,
        note: None,
        remember_until: None,
        expires_at: expires,
        created_at: call.created_at,
        decided_at: None,
    }
}

/// So many calls of a run, each with an approval that waits until the second 100.
async fn asked(
    world: &World,
    org: OrgId,
    conversation: ConversationId,
    run: RunId,
    count: i32,
) -> Vec<(ToolCallId, Approval)> {
    let calls: Vec<_> = (0..count).map(|ordinal| a_call(conversation, run, ordinal)).collect();
    let mut tx = tx(world, org).await;
    tool_calls::insert(&mut tx, &calls).await.unwrap();
    let mut asked = Vec::new();
    for call in &calls {
        assert!(tool_calls::wait(&mut tx, call.id).await.unwrap());
        let approval = Approval { call_state: CallState::Waiting, ..an_approval(call, at(100)) };
        approvals_store::insert(&mut tx, &approval).await.unwrap();
        asked.push((call.id, approval));
    }
    tx.commit().await.unwrap();
    asked
}
