//! A run that begins at once: one statement, and all of it or nothing.

use agentcy_core::{
    agent::RunLimits,
    chat::{MessageRole, MessageState, RunState},
    id::{ConversationId, OrgId},
};
use agentcy_store::{
    conversation_log::{self, Lines},
    conversations::{self, Conversation},
    messages::{self, Aside, Message},
    runs::{self, Beginning, NewRun, Run},
};

use super::{a_message, conversation, find, held, is_lost, reader, tx};
use crate::world::{World, at, entry, next_id};

const LINES: &str = "1 user_message {}\n2 message_start {}\n";

/// A run of a conversation, with its question and its answer.
fn new(conversation: ConversationId) -> (NewRun, Message, Message) {
    let run = NewRun {
        id: next_id().into(),
        conversation_id: conversation,
        agent_id: None,
        message_id: next_id().into(),
        starter: "usr_1".into(),
        limits: RunLimits { steps: Some(3), ..RunLimits::default() },
        system: Some("be kind".into()),
        task: None,
        at: at(5),
        start: held(30),
    };
    let now = Some("It is noon.".to_owned());
    let question = Message {
        aside: Aside { now, ..Aside::default() },
        ..a_message(conversation, run.id, MessageRole::User, Some(1), "who?")
    };
    let answer = Message {
        id: run.message_id,
        state: MessageState::Streaming,
        parts: Vec::new(),
        ..a_message(conversation, run.id, MessageRole::Assistant, Some(2), "")
    };
    (run, question, answer)
}

async fn begin(
    world: &World,
    org: OrgId,
    all: &(NewRun, Message, Message),
) -> agentcy_store::Result<Run> {
    let run = &all.0;
    let lines = Lines {
        conversation: run.conversation_id,
        first: 1,
        last: 2,
        reserved: 100,
        events: LINES,
        at: run.at,
    };
    begin_in(world, org, &find(world, org, run.conversation_id).await, lines, all).await
}

async fn begin_in(
    world: &World,
    org: OrgId,
    conversation: &Conversation,
    lines: Lines<'_>,
    (run, question, answer): &(NewRun, Message, Message),
) -> agentcy_store::Result<Run> {
    let (entry, title) = (entry(Some(org), "run_1"), "who?");
    let beginning = Beginning { conversation, run, title, question, answer, lines, entry: &entry };
    runs::begin(&mut reader(world, org).await, &beginning).await
}

#[tokio::test]
async fn a_run_begins_with_its_messages_its_log_and_its_place_in_the_conversation() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let all = new(id);
    let begun = begin(&world, org, &all).await.unwrap();
    let (run, question, answer) = all;
    assert_eq!((begun.id, begun.state, begun.fence), (run.id, RunState::Running, 1));
    assert_eq!((begun.started_at, begun.lease_until), (Some(at(5)), Some(at(30))));
    assert_eq!((begun.limits.steps, begun.system.as_deref()), (Some(3), Some("be kind")));
    let mut reader = reader(&world, org).await;
    assert_eq!(runs::find(&mut reader, run.id).await.unwrap(), Some(begun));
    let said = messages::of_run(&mut reader, run.id).await.unwrap();
    let placed = |message: Message| Message { created_at: at(5), ..message };
    let question = Message { finished_at: Some(at(5)), ..placed(question) };
    assert_eq!(said, [question, placed(answer)]);
    let log = conversation_log::of_run(&mut reader, run.id).await.unwrap();
    assert_eq!((log.len(), log[0].events.as_str(), log[0].fence), (1, LINES, 1));
    let kept = find(&world, org, id).await;
    assert_eq!((kept.last_seq, kept.reserved, kept.active_run), (2, 100, Some(run.id)));
    assert_eq!((kept.title.as_str(), kept.updated_at), ("who?", at(5)));
    assert_eq!(world.test.rows("select 1 from audit where target = 'run_1'").await.len(), 1);
}

#[tokio::test]
async fn where_its_numbers_were_used_nothing_of_a_run_begins() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    begin(&world, org, &new(id)).await.unwrap();
    let late = new(id);
    assert!(is_lost(&begin(&world, org, &late).await));
    let mut reader = reader(&world, org).await;
    assert_eq!(runs::find(&mut reader, late.0.id).await.unwrap(), None);
    assert!(messages::of_run(&mut reader, late.0.id).await.unwrap().is_empty());
    assert_eq!(world.test.rows("select 1 from audit").await.len(), 1);
}

#[tokio::test]
async fn in_a_conversation_that_another_run_has_or_that_was_moved_no_run_begins() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let seen = find(&world, org, id).await;
    let lines =
        Lines { conversation: id, first: 1, last: 2, reserved: 100, events: LINES, at: at(5) };
    let elsewhere = Conversation { realm: Some("other".parse().unwrap()), ..seen.clone() };
    assert!(is_lost(&begin_in(&world, org, &elsewhere, lines, &new(id)).await));
    let mut tx = tx(&world, org).await;
    conversations::engage(&mut tx, id, next_id().into(), "", at(4)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_lost(&begin_in(&world, org, &seen, lines, &new(id)).await));
    assert_eq!(world.test.rows("select 1 from runs").await.len(), 0);
}
