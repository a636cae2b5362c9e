//! A person decides: the run parks, holds nothing, and goes on with what was decided.

use agentcy_agent::approvals::Decision;
use agentcy_testkit::fake_llm::Turn;
use chrono::TimeDelta;
use serde_json::json;

use super::talk::{Talk, YES, at_bench, names, of, text};

async fn asking() -> (Talk, agentcy_agent::runs::Started) {
    let talk = Talk::of([Turn::calls([at_bench("poke", "a")]), Turn::streams(["Done."])]).await;
    let started = talk.say("poke it").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.server.runs.idle().await;
    (talk, started)
}

#[tokio::test]
async fn an_approved_call_runs_once() {
    let (talk, started) = Box::pin(asking()).await;
    assert_eq!(talk.bench.effects(), 0);
    talk.decide(YES).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(
        names(&events),
        [
            "message_start",
            "tool_call_start",
            "approval_required",
            "approval_resolved",
            "tool_result",
            "content_delta",
            "message_end"
        ]
    );
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "Done."));
    // Start, question, claim, result, end.
    assert_eq!(talk.commits(started.run.id).await, 5);
    let calls = talk.inner.database.rows("select * from tool_calls").await;
    assert_eq!((&calls[0]["state"], &calls[0]["passed_by"]), (&json!("done"), &json!("approval")));
    talk.check_fold().await;
}

#[tokio::test]
async fn another_server_goes_on_with_what_was_decided() {
    let (talk, started) = Box::pin(asking()).await;
    talk.server.kill();
    let other = talk.replica();
    talk.decide(YES).await;
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "Done."));
    assert!(of(&events, "message_reset").is_empty());
    talk.check_fold().await;
}

#[tokio::test]
async fn a_denied_call_does_not_run_and_the_model_hears_why() {
    let (talk, started) = Box::pin(asking()).await;
    let note = Some("not on a Friday".to_owned());
    talk.decide(Decision { approved: false, note, args: None, remember_secs: None }).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    let result = of(&events, "tool_result")[0];
    assert_eq!(result["result"]["error"]["code"], "policy_denied");
    assert!(talk.asked()[1]["messages"].to_string().contains("not on a Friday"));
    assert_eq!(talk.bench.effects(), 0);
    assert_eq!(events.last().unwrap().name, "message_end");
    talk.check_fold().await;
}

#[tokio::test]
async fn other_arguments_run_in_place_of_the_models() {
    let (talk, started) = Box::pin(asking()).await;
    let args = Some(json!({ "target": "b" }));
    talk.decide(Decision { approved: true, note: None, args, remember_secs: None }).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert!(of(&events, "tool_result")[0]["result"].to_string().contains("\"to\":\"b\""));
    talk.check_fold().await;
}

#[tokio::test]
async fn nobody_decides_and_the_run_ends() {
    let (talk, started) = Box::pin(asking()).await;
    talk.inner.clock.advance(TimeDelta::seconds(301));
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "approval_resolved")[0]["state"], "expired");
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "approval_expired");
    assert_eq!(talk.bench.effects(), 0);
    let calls = talk.inner.database.rows("select state from tool_calls").await;
    assert_eq!(calls[0]["state"], "cancelled");
    talk.check_fold().await;
}

#[tokio::test]
async fn a_run_waits_until_all_is_decided() {
    let calls = Turn::calls([at_bench("poke", "a"), at_bench("poke", "b")]);
    let talk = Talk::of([calls, Turn::streams(["Both."])]).await;
    let started = talk.say("poke them").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.decide(YES).await;
    talk.server.work().await;
    talk.until_state(started.run.id, "waiting_approval").await;
    assert_eq!(talk.bench.effects(), 0);
    talk.decide(YES).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "approval_resolved").len(), 2);
    assert_eq!(talk.bench.effects(), 2);
    talk.check_fold().await;
}

#[tokio::test]
async fn a_starter_who_is_gone_ends_the_run() {
    let (talk, started) = Box::pin(asking()).await;
    talk.decide(YES).await;
    talk.inner.database.execute("delete from memberships").await;
    talk.server.work().await;
    assert_eq!(talk.run(started.run.id).await["error"]["code"], "run_as_gone");
    assert_eq!(talk.bench.effects(), 0);
    talk.check_fold().await;
}

#[tokio::test]
async fn what_was_read_makes_a_write_ask() {
    let talk = Talk::of([
        Turn::calls([at_bench("look", "a"), at_bench("poke", "b")]),
        Turn::streams(["ok"]),
    ])
    .await;
    talk.let_pass("allow", "allow").await;
    let started = talk.say("go").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    assert_eq!(talk.waiting().await[0].args, json!({ "target": "b" }));
    assert_eq!(talk.bench.effects(), 0);
}
