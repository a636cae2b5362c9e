//! What was said: in pages, to the model, and found again.

use agentcy_core::{
    Limit, Realms,
    chat::{FinishReason, MessageRole, MessageState, Usage},
};
use agentcy_store::{
    conversations::{self, Filter},
    messages::{self, Aside, Message},
    usage::{self, Grouping, Share, Span, Sums},
};
use serde_json::json;
use uuid::Uuid;

use super::{a_conversation, a_message, conversation, find, held_run, reader, say, text, tx};
use crate::world::{World, at, next_id, run};

#[tokio::test]
async fn a_history_is_read_newest_first_with_what_is_queued_before_all() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let of = |role, seq, said| a_message(id, run, role, seq, said);
    let said = [
        of(MessageRole::User, Some(1), "who?"),
        of(MessageRole::Assistant, Some(2), "ada"),
        of(MessageRole::User, None, "since when?"),
        of(MessageRole::Assistant, None, ""),
    ];
    say(&world, org, &said).await;
    let mut reader = reader(&world, org).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = messages::list(&mut reader, id, Limit::new(1).unwrap(), after).await.unwrap();
        assert_eq!(page.total, 4);
        seen.extend(page.items.into_iter().map(|message| message.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [said[3].id, said[2].id, said[1].id, said[0].id]);
    let of_run = messages::of_run(&mut reader, run).await.unwrap();
    assert_eq!(of_run, said);
}

#[tokio::test]
async fn a_message_ends_as_it_went() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let queued = a_message(id, run, MessageRole::Assistant, None, "");
    say(&world, org, std::slice::from_ref(&queued)).await;
    let ended = Message {
        state: MessageState::Complete,
        seq: Some(7),
        parts: text("It is ⟨Ada⟩."),
        model: Some("small".into()),
        usage: Some(Usage { in_tokens: 1, out_tokens: 2, cost_usd: 0.25 }),
        aside: Aside { kept: [(0, json!({ "of": "a" }))].into(), now: None },
        finish_reason: Some(FinishReason::EndTurn),
        finished_at: Some(at(9)),
        ..queued
    };
    let mut tx = tx(&world, org).await;
    assert!(messages::update(&mut tx, &ended).await.unwrap());
    assert_eq!(messages::find(&mut tx, ended.id).await.unwrap(), Some(ended));
}

#[tokio::test]
async fn the_model_is_told_the_last_summary_and_what_came_after_it() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let run = held_run(&world, org, id).await.id;
    let of = |role, seq, said| a_message(id, run, role, Some(seq), said);
    let summary = |seq, through, said| Message {
        through: Some(through),
        ..of(MessageRole::Summary, seq, said)
    };
    let told = async |before| {
        let mut reader = reader(&world, org).await;
        let told = messages::context(&mut reader, id, before).await.unwrap();
        told.into_iter().map(|message| message.seq.unwrap()).collect::<Vec<_>>()
    };
    let streaming =
        Message { state: MessageState::Streaming, ..of(MessageRole::Assistant, 41, "and") };
    let failed = Message { state: MessageState::Failed, ..of(MessageRole::Assistant, 31, "half") };
    say(
        &world,
        org,
        &[
            of(MessageRole::User, 1, "one"),
            of(MessageRole::Assistant, 2, "two"),
            summary(10, 9, "one, two"),
            of(MessageRole::User, 11, "three"),
            of(MessageRole::Assistant, 12, "four"),
            of(MessageRole::User, 30, "five"),
            failed,
            of(MessageRole::User, 40, "six"),
            streaming,
            a_message(id, run, MessageRole::User, None, "queued"),
        ],
    )
    .await;
    assert_eq!(told(10).await, [1, 2]);
    assert_eq!(told(30).await, [10, 11, 12]);
    assert_eq!(told(41).await, [10, 11, 12, 30, 31, 40]);
    assert_eq!(told(i64::MAX).await, [10, 11, 12, 30, 31, 40], "neither streaming nor queued");
    let unfinished = Message { state: MessageState::Streaming, ..summary(50, 40, "later") };
    say(&world, org, &[unfinished, summary(60, 20, "of the first half")]).await;
    assert_eq!(told(60).await, [10, 11, 12, 30, 31, 40], "a summary counts once it is whole");
    assert_eq!(told(61).await, [60, 30, 31, 40]);
}

#[tokio::test]
async fn conversations_are_found_by_title_and_by_what_was_said() {
    let world = World::new().await;
    let org = world.org().await;
    let mut made = Vec::new();
    for (owner, title, secs) in
        [("usr_1", "Who owns 100%_of it?", 1), ("usr_1", "", 2), ("usr_2", "owns", 3)]
    {
        let new = conversations::Conversation {
            title: title.into(),
            ..a_conversation(Some(owner), secs)
        };
        let mut tx = tx(&world, org).await;
        conversations::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        made.push(new.id);
    }
    let run = held_run(&world, org, made[1]).await.id;
    let said = [
        a_message(made[1], run, MessageRole::User, Some(1), "Tell me of \"Ärger\" & co"),
        Message {
            through: Some(1),
            ..a_message(made[1], run, MessageRole::Summary, Some(9), "whatever")
        },
    ];
    say(&world, org, &said).await;
    let search = async |query| {
        let filter = Filter { owner: "usr_1", realms: &Realms::All, query, archived: None };
        let mut reader = reader(&world, org).await;
        let page = conversations::list(&mut reader, filter, Limit::default(), None).await.unwrap();
        let found: Vec<_> = page.items.into_iter().map(|it| it.id).collect();
        assert_eq!(page.total, i64::try_from(found.len()).unwrap(), "{query:?}");
        found
    };
    assert_eq!(search(None).await, [made[1], made[0]], "the latest first, and one's own");
    assert_eq!(search(Some("OWNS")).await, [made[0]]);
    assert_eq!(search(Some("100%_")).await, [made[0]]);
    assert_eq!(search(Some("%")).await, [made[0]], "nothing stands for anything else");
    // Beyond ASCII the locale of the database decides about case.
    assert_eq!(search(Some("\"Ärger\" &")).await, [made[1]]);
    assert!(search(Some("whatever")).await.is_empty(), "a summary is nobody's words");
}

#[tokio::test]
async fn a_list_goes_by_activity_and_can_leave_out_what_was_put_away() {
    let world = World::new().await;
    let org = world.org().await;
    let (mut first, second) = (a_conversation(Some("usr_1"), 1), a_conversation(None, 2));
    let mut tx = tx(&world, org).await;
    conversations::insert(&mut tx, &first).await.unwrap();
    conversations::insert(&mut tx, &second).await.unwrap();
    let run = next_id().into();
    conversations::engage(&mut tx, first.id, run, "hello", at(9)).await.unwrap();
    conversations::engage(&mut tx, first.id, run, "again", at(9)).await.unwrap();
    tx.commit().await.unwrap();
    let engaged = find(&world, org, first.id).await;
    assert_eq!((engaged.title.as_str(), engaged.active_run), ("hello", Some(run)));
    let list = async |archived, limit, after| {
        let filter = Filter { owner: "usr_1", realms: &Realms::All, query: None, archived };
        let mut reader = reader(&world, org).await;
        let page = conversations::list(&mut reader, filter, limit, after).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|it| it.id).collect();
        (ids, page.next)
    };
    let all = Limit::default();
    let (page, next) = list(None, Limit::new(1).unwrap(), None).await;
    assert_eq!(page, [first.id]);
    assert_eq!(list(None, all, next).await, (vec![second.id], None));
    first.archived = true;
    let mut tx = super::tx(&world, org).await;
    assert!(conversations::update(&mut tx, &first).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(list(Some(true), all, None).await.0, [first.id]);
    assert_eq!(list(Some(false), all, None).await.0, [second.id]);
    assert_eq!(find(&world, org, first.id).await.updated_at, at(9), "that is no activity");
}

#[tokio::test]
async fn usage_adds_up_whoever_adds_at_once() {
    let world = World::with_pool(12).await;
    let org = world.org().await;
    let day = at(0).date_naive();
    let used = Sums { runs: 1, in_tokens: 2, out_tokens: 3, cost_usd: 0.5 };
    let share = Share { day, user: None, key: None, agent: None, model: "small" };
    futures_util::future::join_all((0..16).map(async |n| {
        let model = if n % 4 == 0 { "large" } else { "small" };
        let mut tx = tx(&world, org).await;
        usage::add(&mut tx, Share { model, ..share }, used).await.unwrap();
        tx.commit().await.unwrap();
    }))
    .await;
    let span = Span { from: day, to: day, user: None };
    let mut reader = reader(&world, org).await;
    let groups = usage::by_group(&mut reader, span, Grouping::Model).await.unwrap();
    let runs: Vec<_> = groups.iter().map(|(key, sums)| (key.as_deref(), sums.runs)).collect();
    assert_eq!(runs, [(Some("small"), 12), (Some("large"), 4)]);
    assert_eq!(usage::total(&mut reader, span).await.unwrap().in_tokens, 32);
}

#[tokio::test]
async fn what_a_key_uses_counts_for_whoever_made_it() {
    let world = World::new().await;
    let org = world.org().await;
    let [maker, key] = [next_id(), next_id()];
    let rows = format!(
        "insert into users (id, email, name, password_hash, created_at, updated_at)
             values ('{maker}', 'a@b.c', 'Ada', '', now(), now());
         insert into api_keys (id, org_id, name, role, secret_hash, fingerprint, created_by, created_at)
             values ('{key}', '{}', 'k', 'member', '', '', '{maker}', now())",
        Uuid::from(org)
    );
    run(&mut world.owner().await, rows).await;
    let day = at(0).date_naive();
    let share = Share { day, user: None, key: Some(key.into()), agent: None, model: "small" };
    let used = Sums { runs: 1, ..Sums::default() };
    let mut tx = tx(&world, org).await;
    usage::add(&mut tx, share, used).await.unwrap();
    let span = Span { from: day, to: day, user: Some(maker.into()) };
    assert_eq!(usage::total(&mut tx, span).await.unwrap().runs, 1);
}
