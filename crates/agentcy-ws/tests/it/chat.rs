//! Runs and conversations over a socket: the log of a conversation, also while nothing is said in it.

use agentcy_core::Role;
use agentcy_testkit::app::{Client, TestApp};
use serde_json::{Value, json};

use crate::stage::{Watcher, app, app_with, over};

async fn begin(client: &Client) -> String {
    let made = client.post("/api/v1/chat/conversations", json!({})).await.expecting(201);
    made.text_at("/id").to_owned()
}

/// Says something, to be answered by the model that needs no provider; gives the run that did.
async fn say(client: &Client, conversation: &str) -> String {
    let path = format!("/api/v1/chat/conversations/{conversation}/messages");
    let said = client.post(&path, json!({ "content": "hello" })).await.expecting(200);
    let (_, run) = said.text.split_once(r#""run_id":""#).expect("a run");
    run.split('"').next().unwrap().to_owned()
}

/// Everything up to the end of an answer.
async fn answer(watcher: &mut Watcher) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let event = watcher.event().await;
        let is_last = event["event"] == "message_end";
        events.push(event);
        if is_last {
            return events;
        }
    }
}

fn numbers(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

async fn setup() -> (TestApp, Client, String) {
    let app = app().await;
    let member = app.member(app.stage.org().await, Role::Member).await;
    let conversation = begin(&member).await;
    (app, member, conversation)
}

#[tokio::test]
async fn a_conversation_is_followed_through_every_answer_and_the_silence_between() {
    let (app, member, conversation) = setup().await;
    let topic = format!("conversation:{conversation}");
    let mut watcher = Watcher::open(&app, &member).await;
    watcher.subscribe(&[&topic]).await;
    let mut last = 0;
    for _ in 0..2 {
        watcher.hears_nothing().await;
        say(&member, &conversation).await;
        let events = answer(&mut watcher).await;
        assert_eq!(names(&events)[..2], ["user_message", "message_start"]);
        assert!(events.iter().all(|event| event["topic"] == topic && event["ts"].is_string()));
        let numbers = numbers(&events);
        assert!(numbers[0] > last && numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        last = *numbers.last().unwrap();
    }
}

#[tokio::test]
async fn whoever_comes_back_to_a_conversation_gets_what_came_after_their_number() {
    let (app, member, conversation) = setup().await;
    let topic = format!("conversation:{conversation}");
    let mut first = Watcher::open(&app, &member).await;
    first.subscribe(&[&topic]).await;
    say(&member, &conversation).await;
    let whole = answer(&mut first).await;
    let mut again = Watcher::open(&app, &member).await;
    again.ask(&[&topic], json!({ &topic: whole[1]["seq"] })).await;
    let rest = answer(&mut again).await;
    assert_eq!(numbers(&rest), numbers(&whole[2..]));
    let mut wrong = Watcher::open(&app, &member).await;
    wrong.ask(&[&topic], json!({ &topic: 1_000_000 })).await;
    assert_eq!(wrong.next().await.unwrap()["type"], "reset");
}

#[tokio::test]
async fn a_run_is_followed_to_its_end_and_no_further() {
    let (app, member, conversation) = setup().await;
    let run = say(&member, &conversation).await;
    let topic = format!("run:{run}");
    let mut watcher = Watcher::open(&app, &member).await;
    watcher.ask(&[&topic], json!({ &topic: 0 })).await;
    let events = answer(&mut watcher).await;
    assert!(names(&events).contains(&"content_delta"));
    say(&member, &conversation).await;
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn a_run_that_is_over_makes_room_for_the_next() {
    let app = app_with(|limits| limits.tails = 1).await;
    let member = app.member(app.stage.org().await, Role::Member).await;
    let conversation = begin(&member).await;
    let mut watcher = Watcher::open(&app, &member).await;
    for _ in 0..3 {
        let topic = format!("run:{}", say(&member, &conversation).await);
        let told = watcher.ask(&[&topic], json!({ &topic: 0 })).await;
        assert_eq!(told.last().unwrap()["topics"], json!([topic]), "{told:?}");
        answer(&mut watcher).await;
    }
}

#[tokio::test]
async fn a_conversation_is_followed_from_another_replica() {
    let (app, member, conversation) = setup().await;
    let other = over(app.stage.clone(), app.stage.replica(), |_| {}).await;
    let topic = format!("conversation:{conversation}");
    let mut watcher = Watcher::open(&other, &member).await;
    watcher.subscribe(&[&topic]).await;
    say(&member, &conversation).await;
    assert_eq!(names(&answer(&mut watcher).await)[0], "user_message");
}

#[tokio::test]
async fn what_happens_to_a_conversation_is_told_only_while_it_may_be_read() {
    let app = app().await;
    let org = app.stage.org().await;
    let member = app.member(org, Role::Member).await;
    let admin = app.member(org, Role::Admin).await;
    let topic = format!("conversation:{}", begin(&member).await);
    let mut watcher = Watcher::open(&app, &admin).await;
    watcher.subscribe(&[&topic]).await;
    let owner = app.member(org, Role::Owner).await;
    let path = format!("/api/v1/users/{}", admin.user.as_ref().unwrap().id);
    owner.patch(&path, json!({ "role": "member" })).await.expecting(200);
    let lost = watcher.next().await.unwrap();
    assert_eq!((&lost["topic"], &lost["code"]), (&json!(topic), &json!("not_found")));
}
