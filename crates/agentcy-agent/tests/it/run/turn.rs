//! A turn: what is said, what is called, and what is left of it.

use std::time::Duration;

use agentcy_agent::runs::{self, NewMessage};
use agentcy_core::chat::OnBusy;
use agentcy_testkit::fake_llm::Turn;
use chrono::TimeDelta;
use serde_json::json;

use super::talk::{Server, Talk, at_bench, names, of, text};

#[tokio::test]
async fn an_answer_is_streamed_and_kept_in_two_commits() {
    let talk = Talk::of([Turn::streams(["Hel", "lo"])]).await;
    let started = talk.say("  Who is\nthere?  ").await;
    let events = talk.hear(&started).await;
    assert_eq!(names(&events), ["message_start", "content_delta", "content_delta", "message_end"]);
    assert_eq!(events[0].seq, started.after + 1);
    assert_eq!(events[3].data["finish_reason"], "end_turn");
    assert_eq!(
        events[3].data["usage"],
        json!({ "in_tokens": 7, "out_tokens": 2, "cost_usd": 0.0 })
    );
    assert_eq!(talk.commits(started.run.id).await, 2);
    let run = talk.run(started.run.id).await;
    assert_eq!((&run["state"], &run["output"]), (&json!("succeeded"), &json!("Hello")));
    let rows = talk.inner.database.rows("select title, active_run from conversations").await;
    assert_eq!(rows[0], json!({ "title": "Who is there?", "active_run": null }));
    let used = talk.inner.database.rows("select * from usage_days").await;
    assert_eq!((&used[0]["in_tokens"], &used[0]["runs"]), (&json!(7), &json!(1)));
    talk.check_fold().await;
}

#[tokio::test]
async fn the_next_turn_is_told_what_was_said_before() {
    let talk = Talk::of([Turn::streams(["one"]), Turn::streams(["two"])]).await;
    talk.ask("first").await;
    talk.ask("second").await;
    let messages = &talk.asked()[1]["messages"];
    let said: Vec<_> = messages.as_array().unwrap().iter().skip(1).collect();
    let ends = |at: usize, with: &str| said[at]["content"].as_str().unwrap().ends_with(with);
    assert!(said.len() == 3 && ends(0, "first") && ends(1, "one") && ends(2, "second"), "{said:?}");
    talk.check_fold().await;
}

#[tokio::test]
async fn what_there_is_is_told_first_and_no_message_is_refused_where_it_cannot_be_counted() {
    let talk = Talk::of([Turn::streams(["one"])]).await;
    talk.ask("first").await;
    assert!(talk.asked()[0]["messages"].to_string().contains("source: bench"));
    let talk = Talk::of([Turn::streams(["one"]), Turn::streams(["two"])]).await;
    talk.inner.database.execute("revoke select on entities from agentcy_tenant").await;
    let started = talk.say("first").await;
    talk.try_say("second", OnBusy::Queue).await.unwrap();
    talk.hear(&started).await;
    talk.server.work().await;
    assert_eq!(talk.asked().len(), 2);
    assert!(!talk.asked()[1]["messages"].to_string().contains("source: bench"));
}

#[tokio::test]
async fn tools_that_only_read_run_together_and_cost_one_commit() {
    let calls = Turn::streams(["I look. "])
        .and_calls([("list_connectors", json!({})), at_bench("look", "a")]);
    let talk = Talk::of([calls, Turn::streams(["Found."])]).await;
    let started = talk.say("look").await;
    let events = talk.hear(&started).await;
    let starts = of(&events, "tool_call_start");
    assert_eq!(
        (&starts[0]["name"], &starts[1]["connector"]),
        (&json!("list_connectors"), &json!("bench"))
    );
    assert_eq!(of(&events, "tool_result").len(), 2);
    assert_eq!(text(&events), "I look. Found.");
    assert_eq!(talk.commits(started.run.id).await, 3);
    let told = talk.asked()[1]["messages"].to_string();
    assert!(told.contains("\\\\\\\"did\\\\\\\"") || told.contains("did"), "{told}");
    assert_eq!(talk.run(started.run.id).await["tainted"], true);
    talk.check_fold().await;
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_told_to_the_model() {
    let broken = Turn::raw_calls([
        ("same", "list_connectors", "{\"a\": "),
        ("same", "list_connectors", ""),
        ("x", "no_such_tool", "{}"),
    ]);
    let talk = Talk::of([broken, Turn::streams(["ok"])]).await;
    let events = talk.ask("go").await;
    let results = of(&events, "tool_result");
    assert_eq!(results.len(), 3);
    let failed = results.iter().filter(|result| result["is_error"] == true).count();
    assert_eq!(failed, 2, "{results:?}");
    assert!(results.iter().any(|one| one["result"]["error"]["code"] == "invalid"));
    assert_eq!(events.last().unwrap().name, "message_end");
    talk.check_fold().await;
}

#[tokio::test]
async fn ten_thousand_pieces_arrive_in_order() {
    let pieces: Vec<String> = (0..10_000).map(|n| format!("{n} ")).collect();
    let talk = Talk::of([Turn::streams(pieces.clone())]).await;
    let events = talk.ask("count").await;
    assert_eq!(text(&events), pieces.concat());
    talk.check_fold().await;
}

#[tokio::test]
async fn a_second_of_streaming_is_stored_while_it_goes_on() {
    let pieces: Vec<String> = (0..14).map(|n| format!("{n} ")).collect();
    let talk = Talk::of([Turn::streams(pieces).paced(Duration::from_millis(100))]).await;
    let started = talk.say("slowly").await;
    talk.hear(&started).await;
    // Its start, its end, and one each second: more where the machine is slow, and never one a piece.
    let commits = talk.commits(started.run.id).await;
    assert!((3..10).contains(&commits), "{commits}");
    talk.check_fold().await;
}

#[tokio::test]
async fn what_no_text_may_hold_is_replaced_everywhere() {
    let talk = Talk::of([Turn::streams(["a\0b"])]).await;
    let events = talk.ask("nul").await;
    assert_eq!(text(&events), "a\u{fffd}b");
    talk.check_fold().await;
}

#[tokio::test]
async fn what_was_told_before_is_told_again_byte_for_byte() {
    let turn = || Turn::streams(["ok"]);
    let talk = Talk::of([Turn::calls([at_bench("look", "a")]), turn(), turn(), turn()]).await;
    talk.ask("first").await;
    talk.inner.clock.advance(TimeDelta::minutes(1));
    talk.ask("second").await;
    talk.inner.clock.advance(TimeDelta::minutes(1));
    // It is told by another process, which has only what is stored.
    let other = talk.replica();
    let new = NewMessage { content: "third".to_owned(), on_busy: OnBusy::Refuse };
    let started = runs::send(&other.runs, &talk.person, talk.conversation, new, None).await;
    talk.hear_at(&other, &started.unwrap()).await;
    let asked = talk.asked();
    for pair in asked.windows(2) {
        let [before, after] = [&pair[0], &pair[1]].map(|body| body["messages"].as_array().unwrap());
        assert_eq!(before[..], after[..before.len()], "a provider reads it from its cache");
    }
    let newest = asked.last().unwrap()["messages"].as_array().unwrap().last().unwrap();
    assert!(newest["content"].as_str().unwrap().starts_with("It is "), "{newest}");
}

#[tokio::test]
async fn a_model_is_told_the_time_in_the_zone_of_the_org_as_well() {
    let talk = Talk::of([Turn::streams(["Yes."])]).await;
    talk.inner.database.execute("update orgs set timezone = 'Asia/Tokyo'").await;
    talk.ask("now?").await;
    let asked = talk.asked();
    let text = asked[0].to_string();
    assert!(text.contains("+09:00 in Asia/Tokyo, whose days are meant"), "{text}");
}

#[tokio::test]
async fn a_model_that_says_nothing_is_asked_once_more() {
    let nothing = || Turn::streams::<String>([]);
    let talk = Talk::of([nothing(), Turn::streams(["Yes."])]).await;
    let events = talk.ask("go").await;
    assert_eq!((text(&events).as_str(), names(&events).last()), ("Yes.", Some(&"message_end")));
    talk.check_fold().await;

    let talk = Talk::of([nothing()]).await;
    let events = talk.ask("go").await;
    assert_eq!(of(&events, "error")[0]["message"], "the model said nothing");
    assert_eq!(talk.asked().len(), 2);
    talk.check_fold().await;
}

#[tokio::test]
async fn whoever_is_told_of_the_graph_first_holds_no_connection_while_somebody_looks() {
    for waits in [false, true] {
        let talk = Talk::of([Turn::streams(["Yes."])]).await;
        let other = Server::over(talk.inner.replica_of(1));
        if waits {
            // Who stops begins nothing, and leaves it to another.
            talk.server.lifecycle.stop();
            talk.say("go").await;
            other.work().await;
        } else {
            let message = NewMessage { content: "go".to_owned(), on_busy: OnBusy::Refuse };
            let sent = runs::send(&other.runs, &talk.person, talk.conversation, message, None);
            sent.await.unwrap();
            other.runs.idle().await;
        }
        let asked = talk.asked();
        let body = asked[0].to_string();
        assert!(body.contains("source: bench"), "{body}");
    }
}
