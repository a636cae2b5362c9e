//! Answers event by event: read whole, taken up again where they are cut, and given up in the end.

use agentcy_sdk::{ChatEvent, Decision, Error, Events, LogEntry, NewMessage, OnBusy};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::server::{Server, Step, json as answer, refusal};

const STREAM: &str = "/api/v1/chat/conversations/conv_1/stream";
const MESSAGES: &str = "/api/v1/chat/conversations/conv_1/messages";

/// An answer from its first event to its last.
fn events() -> Vec<String> {
    [
        ("message_start", json!({ "message_id": "msg_1", "run_id": "run_1" })),
        ("content_delta", json!({ "delta": "Thrée " })),
        ("tool_call_start", json!({ "tool_call_id": "tc_1", "name": "search_graph" })),
        ("tool_result", json!({ "tool_call_id": "tc_1", "result": { "nodes": [] }, "is_error": false })),
        ("aurora_seen", json!({ "colour": "green" })),
        ("message_end", json!({ "message_id": "msg_1", "finish_reason": "end_turn", "usage": { "in_tokens": 7 } })),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (name, data))| format!("id: {}\nevent: {name}\ndata: {data}\n\n", index + 4))
    .collect()
}

fn stream(events: &[String], is_cut: bool) -> Step {
    let body = format!("retry: 3000\n\n: alive\n\n{}", events.concat());
    Step::Events { place: STREAM, body, is_cut }
}

async fn read(events: Events) -> Vec<LogEntry> {
    events.try_collect().await.unwrap()
}

fn numbers(entries: &[LogEntry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn an_answer_is_read_to_its_end_and_what_is_newer_than_us_is_kept() {
    let server = Server::with([stream(&events(), false)]).await;
    let sent = server.client().send("conv_1", &NewMessage::new("how many?")).await.unwrap();
    assert_eq!(sent.conversation_id(), "conv_1");
    let entries = read(sent).await;
    assert_eq!(numbers(&entries), [4, 5, 6, 7, 8, 9]);
    assert_eq!(entries[1].event, ChatEvent::ContentDelta { delta: "Thrée ".into() });
    let ChatEvent::Other(other) = &entries[4].event else { panic!("{:?}", entries[4]) };
    assert_eq!((other.event.as_str(), &other.data["colour"]), ("aurora_seen", &json!("green")));
    let ChatEvent::MessageEnd { usage, .. } = &entries[5].event else { panic!("{:?}", entries[5]) };
    assert_eq!((usage.in_tokens, usage.out_tokens), (7, 0));
    let written: Vec<Value> = entries.iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    assert_eq!(
        written[4],
        json!({ "id": 8, "event": "aurora_seen", "data": { "colour": "green" } })
    );

    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", MESSAGES));
    assert_eq!(seen.body, r#"{"content":"how many?"}"#);
    assert_eq!(seen.header("accept"), Some("text/event-stream"));
    assert_eq!(seen.header("idempotency-key").map(str::len), Some(32));
}

#[tokio::test]
async fn wherever_it_is_cut_it_goes_on_behind_the_last_event() {
    let all = events();
    for at in 1..all.len() {
        for is_cut in [true, false] {
            // Whoever resumes may be told something twice.
            let rest = stream(&all[at - 1..], false);
            let server = Server::with([stream(&all[..at], is_cut), rest]).await;
            let sent = server.client().send("conv_1", &NewMessage::new("x")).await.unwrap();
            assert_eq!(numbers(&read(sent).await), [4, 5, 6, 7, 8, 9], "cut at {at}");
            let seen = server.seen();
            assert_eq!((seen[1].method.as_str(), seen[1].uri.path()), ("GET", STREAM));
            assert_eq!(seen[1].header("last-event-id"), Some((at + 3).to_string().as_str()));
        }
    }
}

#[tokio::test]
async fn a_message_whose_answer_never_began_is_sent_again_under_its_key() {
    let server = Server::with([stream(&[], true), stream(&events(), false)]).await;
    let sent = server.client().send("conv_1", &NewMessage::new("x")).await.unwrap();
    assert_eq!(read(sent).await.len(), 6);
    let seen = server.seen();
    assert_eq!(seen[1].uri.path(), MESSAGES);
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn an_answer_of_an_agent_goes_on_in_its_conversation() {
    let all = events();
    let server = Server::with([stream(&all[..2], true), stream(&all[2..], false)]).await;
    let sent = server.client().run_agent("agt_1", "go").await.unwrap();
    assert_eq!(sent.conversation_id(), "conv_1");
    assert_eq!(read(sent).await.len(), 6);
    let seen = server.seen();
    assert_eq!(seen[0].uri.path(), "/api/v1/agents/agt_1/execute");
    assert_eq!((seen[0].body.as_str(), seen[1].uri.path()), (r#"{"input":"go"}"#, STREAM));
}

#[tokio::test]
async fn a_refusal_comes_before_there_is_a_stream() {
    let server = Server::with([refusal(409, "run_active", None)]).await;
    let message = NewMessage { on_busy: Some(OnBusy::Queue), ..NewMessage::new("x") };
    let error = server.client().send("conv_1", &message).await.unwrap_err();
    assert_eq!(error.code(), Some("run_active"));
    assert_eq!(server.only().body, r#"{"content":"x","on_busy":"queue"}"#);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_not_noticed_and_one_that_stays_away_is_given_up() {
    let all = events();
    let away = || refusal(503, "draining", Some(0));
    let script = [stream(&all[..3], true), away(), away(), stream(&all[3..], false)];
    let server = Server::with(script).await;
    let sent = server.client().send("conv_1", &NewMessage::new("x")).await.unwrap();
    assert_eq!(read(sent).await.len(), 6);

    let script = std::iter::once(stream(&all[..3], true)).chain((0..9).map(|_| away()));
    let server = Server::with(script).await;
    let sent = server.client().send("conv_1", &NewMessage::new("x")).await.unwrap();
    let read: Vec<_> = sent.collect().await;
    assert_eq!(read.len(), 4);
    assert_eq!(read[3].as_ref().unwrap_err().code(), Some("draining"));
}

#[tokio::test]
async fn a_conversation_that_is_gone_meanwhile_ends_the_stream_with_that() {
    let all = events();
    let server = Server::with([stream(&all[..2], true), refusal(404, "not_found", None)]).await;
    let sent = server.client().send("conv_1", &NewMessage::new("x")).await.unwrap();
    let read: Vec<_> = sent.collect().await;
    assert_eq!(read.len(), 3);
    assert!(matches!(read[2], Err(Error::Refused { status: 404, .. })), "{:?}", read[2]);
}

#[tokio::test]
async fn where_nothing_happens_there_is_nothing_to_follow() {
    let server = Server::with([Step::Answer(204, vec![], String::new())]).await;
    let followed = server.client().follow("conv_1", 9).await.unwrap();
    assert!(read(followed).await.is_empty());
    assert_eq!(server.only().header("last-event-id"), Some("9"));
}

#[tokio::test]
async fn a_decision_says_what_was_decided_and_nothing_else() {
    let approval = r#"{"id":"apr_1","conversation_id":"conv_1","run_id":"run_1","tool":"upsert_node","effect":"write",
        "args":{},"state":"approved","effect_state":"none","mood":"good"}"#;
    let server = Server::with([answer(200, approval)]).await;
    let decision =
        Decision { approved: true, args: Some(json!({ "key": "a" })), ..Decision::default() };
    let decided = server.client().decide("conv_1", "apr_1", &decision).await.unwrap();
    assert_eq!(decided.state.name(), "approved");
    let seen = server.only();
    assert_eq!(seen.uri.path(), "/api/v1/chat/conversations/conv_1/approvals/apr_1");
    assert_eq!(seen.body, r#"{"approved":true,"args":{"key":"a"}}"#);
}
