//! A stream that is cut goes on where it was: at every event, on another replica, after the end, with a ticket.

use std::time::Duration;

use agentcy_core::Role;
use agentcy_testkit::{
    fake_llm::{End, Turn},
    platform::PASSWORD,
    reply::Reply,
};
use serde_json::json;

use super::{Stage, Stream, ask, follow, names, place, send, text};

/// An answer with a call in it.
fn turns() -> [Turn; 2] {
    let calls =
        Turn::streams(["let me ", "see"]).and_calls([("search_graph", json!({ "query": "pay" }))]);
    [calls, Turn::streams(["no", "thing ", "pays"]).paced(Duration::from_millis(5))]
}

#[tokio::test]
async fn cut_at_any_event_it_goes_on_byte_for_byte() {
    let stage = Stage::new(turns()).await;
    let id = stage.begin().await;
    let request =
        stage.ada.request("POST", &place(&id, "messages")).json(&json!({ "content": "x" }));
    let whole = Stream::of(request).await.bytes().await;
    let blocks: Vec<&str> = whole.split_inclusive("\n\n").collect();
    assert!(blocks.len() > 8, "{whole}");
    for at in 1..blocks.len() - 1 {
        let last = blocks[at].lines().next().unwrap().strip_prefix("id: ").unwrap();
        let rest = format!("{}{}", blocks[0], blocks[at + 1..].concat());
        let path = place(&id, "stream");
        let by_header = stage.ada.request("GET", &path).header("last-event-id", last);
        assert_eq!(Stream::of(by_header).await.bytes().await, rest, "after {last}");
        let by_query = stage.ada.request("GET", &format!("{path}?after={last}"));
        assert_eq!(Stream::of(by_query).await.bytes().await, rest, "after {last}");
    }
    let everything =
        Stream::of(stage.ada.request("GET", &place(&id, "stream"))).await.bytes().await;
    assert!(everything.ends_with(&blocks[1..].concat()), "{everything}");
}

#[tokio::test]
async fn while_it_is_given_an_answer_goes_on_elsewhere_without_loss_or_repeat() {
    let pieces: Vec<String> = (0..40).map(|number| format!("{number} ")).collect();
    let stage = Stage::new([Turn::streams(pieces).paced(Duration::from_millis(10))]).await;
    let id = stage.begin().await;
    let replica = stage.app.replica().await;
    let elsewhere = replica.bearer(stage.ada.token());
    let mut seen = Vec::new();
    let mut stream = send(&stage.ada, &id, json!({ "content": "count" })).await;
    let mut turn = 0;
    // Three events here, three there, and so on: every cut stops nothing.
    loop {
        for _ in 0..3 {
            match stream.next().await {
                Some(block) => seen.push(block),
                None => break,
            }
        }
        if seen.last().is_some_and(|last| last.name == "message_end") {
            break;
        }
        turn += 1;
        let client = if turn % 2 == 0 { &stage.ada } else { &elsewhere };
        stream = follow(client, &id, seen.last().unwrap().id).await;
    }
    drop(stream);
    let stored = follow(&stage.ada, &id, seen[0].id - 1).await.rest().await;
    assert_eq!(seen, stored);
    let words: Vec<String> = (0..40).map(|number| format!("{number} ")).collect();
    assert_eq!(text(&seen), words.concat());
    assert_eq!(stage.llm.seen().len(), 1);
}

#[tokio::test]
async fn where_nothing_is_newer_and_nothing_goes_on_there_is_nothing_to_follow() {
    let stage = Stage::new([Turn::Says("done".into())]).await;
    let id = stage.begin().await;
    let path = place(&id, "stream");
    stage.ada.get(&path).await.expecting(204);
    let blocks = ask(&stage.ada, &id, "x").await;
    let last = blocks.last().unwrap().id;
    let quiet = stage.ada.request("GET", &path).header("last-event-id", last);
    let quiet = Reply::of(quiet).await.expecting(204);
    assert!(quiet.text.is_empty());
    // The header is newer than the address, which stays as it was when a browser comes back.
    let back = stage.ada.request("GET", &format!("{path}?after=0")).header("last-event-id", last);
    Reply::of(back).await.expecting(204);
    assert_eq!(follow(&stage.ada, &id, last - 1).await.rest().await.len(), 1);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let stage = Stage::new([Turn::Says("done".into())]).await;
    let id = stage.begin().await;
    ask(&stage.ada, &id, "x").await;
    let path = place(&id, "stream");
    for bad in ["x", "-1", "", "1.5", "99999999999999999999", "1000000", " 1 x"] {
        let by_header = stage.ada.request("GET", &path).header("last-event-id", bad);
        Reply::of(by_header).await.expecting_error(400, "invalid");
        if bad.is_empty() {
            continue;
        }
        let by_query = stage.ada.get(&format!("{path}?after={}", bad.replace(' ', "+"))).await;
        assert_eq!(by_query.expecting_error(400, "invalid").fields(), ["after"], "{bad}");
    }
    let twice = stage.ada.request("GET", &path).header("last-event-id", 1);
    Reply::of(twice.header("last-event-id", 2)).await.expecting_error(400, "invalid");
}

#[tokio::test]
async fn a_ticket_opens_a_stream_and_a_cookie_only_from_our_own_pages() {
    let stage = Stage::new([Turn::Says("done".into())]).await;
    let user = stage.app.stage.user(stage.org, Role::Viewer).await;
    let eve = stage.app.sign_in(&user).await;
    let id = super::begin(&eve).await;
    ask(&eve, &id, "x").await;
    let path = place(&id, "stream");
    let ticket = eve.post("/api/v1/auth/ticket", json!({ "path": path })).await.expecting(200);
    let opened = format!("{path}?token={}&after=0", ticket.text_at("/ticket"));
    let request = stage.app.anonymous().request("GET", &opened);
    let blocks = Stream::of(request.header("accept", "text/event-stream")).await.rest().await;
    assert_eq!(names(&blocks).last(), Some(&"message_end"));
    stage.app.anonymous().get(&opened).await.expecting_error(401, "unauthenticated");

    let login = json!({ "email": user.email, "password": PASSWORD, "session": "cookie" });
    let login = stage.app.anonymous().post("/api/v1/auth/login", login).await.expecting(200);
    let cookie = login.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let ask = |name: &'static str, value: String| {
        let request = stage.app.anonymous().request("GET", &path).header("cookie", &cookie);
        Reply::of(request.header(name, value))
    };
    ask("accept", "text/event-stream".into()).await.expecting_error(403, "csrf");
    ask("accept", "*/*".into()).await.expecting_error(403, "csrf");
    ask("origin", "https://evil.example".into()).await.expecting_error(403, "csrf");
    ask("origin", stage.app.url.origin().ascii_serialization()).await.expecting(200);
    ask("sec-fetch-site", "same-origin".into()).await.expecting(200);
}

#[tokio::test]
async fn who_is_shut_out_is_shown_nothing_more() {
    // Far longer than it takes to be noticed, however slow the machine is.
    let pieces: Vec<String> = (0..4000).map(|number| format!("{number} ")).collect();
    let stage = Stage::new([Turn::streams(pieces).paced(Duration::from_millis(10))]).await;
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "count" })).await;
    stream.until("content_delta").await;
    stage.ada.post("/api/v1/auth/logout", json!({})).await.expecting(204);
    stage.app.stage.clock.advance_past_caches();
    let rest = stream.rest().await;
    assert!(!names(&rest).contains(&"message_end"), "{} events more", rest.len());
}

#[tokio::test]
async fn a_stream_by_ticket_ends_with_the_session_that_made_the_ticket() {
    let pieces: Vec<String> = (0..4000).map(|number| format!("{number} ")).collect();
    let stage = Stage::new([Turn::streams(pieces).paced(Duration::from_millis(10))]).await;
    let id = stage.begin().await;
    let mut answer = send(&stage.ada, &id, json!({ "content": "count" })).await;
    answer.until("content_delta").await;
    let path = place(&id, "stream");
    let ticket = stage.ada.post("/api/v1/auth/ticket", json!({ "path": path })).await;
    let opened = format!("{path}?token={}&after=0", ticket.expecting(200).text_at("/ticket"));
    let mut stream = Stream::of(stage.app.anonymous().request("GET", &opened)).await;
    stream.until("content_delta").await;
    // Its person stays a member.
    stage.ada.post("/api/v1/auth/logout", json!({})).await.expecting(204);
    stage.app.stage.clock.advance_past_caches();
    let rest = stream.rest().await;
    assert!(!names(&rest).contains(&"message_end"), "{} events more", rest.len());
}

#[tokio::test]
async fn a_stop_of_the_server_ends_streams_and_not_the_answer() {
    let stage = Stage::new([Turn::streams(["begun"]).ends(End::Stalls)]).await;
    let id = stage.begin().await;
    let mut stream = send(&stage.ada, &id, json!({ "content": "x" })).await;
    stream.until("content_delta").await;
    stage.app.lifecycle.stop();
    let rest = stream.rest().await;
    assert!(!names(&rest).iter().any(|name| matches!(*name, "message_end" | "error")), "{rest:?}");
}
