//! The process dies wherever a run stands; another goes on, and nothing happens twice.

use std::time::Duration;

use agentcy_testkit::fake_llm::{End, Turn};
use chrono::TimeDelta;

use super::talk::{Talk, YES, at_bench, names, of, text};

#[tokio::test]
async fn in_the_middle_of_its_text() {
    let talk =
        Talk::of([Turn::streams(["Half"]).ends(End::Stalls), Turn::streams(["Whole."])]).await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%Half%'").await;
    talk.server.kill();
    let other = talk.replica();
    other.work().await;
    assert_eq!(talk.asked().len(), 1, "somebody holds it");
    talk.leases_run_out().await;
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "message_reset")[0]["content"], "");
    assert_eq!(text(&events), "Whole.");
    assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    let half = events.iter().find(|event| event.name == "content_delta").unwrap().seq;
    let reset = events.iter().find(|event| event.name == "message_reset").unwrap().seq;
    assert!(reset > half + 1000, "numbers that may have been shown are not used again");
    talk.check_fold().await;
}

#[tokio::test]
async fn while_an_effect_is_on_its_way() {
    let talk = Talk::of([
        Turn::streams(["I stir. "]).and_calls([at_bench("stall", "a")]),
        Turn::streams(["Perhaps."]),
    ])
    .await;
    let started = talk.say("go").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.decide(YES).await;
    let runs = talk.server.runs.clone();
    runs.claim().await.unwrap();
    talk.until("select 1 from tool_calls where state = 'claimed'").await;
    while talk.bench.effects() == 0 {
        tokio::task::yield_now().await;
    }
    talk.server.kill();
    talk.leases_run_out().await;
    let other = talk.replica();
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "message_reset")[0]["content"], "I stir. ");
    assert_eq!(of(&events, "tool_result")[0]["result"]["error"]["code"], "outcome_unknown");
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "I stir. Perhaps."));
    let calls = talk.inner.database.rows("select state from tool_calls").await;
    assert_eq!(calls[0]["state"], "unknown");
    talk.check_fold().await;
}

#[tokio::test]
async fn after_the_effect_and_before_the_model_says_anything_to_it() {
    let turns = [Turn::calls([at_bench("poke", "a")]), Turn::Stalls, Turn::streams(["Done."])];
    let talk = Talk::of(turns).await;
    talk.let_pass("allow", "allow").await;
    let started = talk.say("go").await;
    talk.until_asked(2).await;
    talk.server.kill();
    talk.leases_run_out().await;
    let other = talk.replica();
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "Done."));
    assert_eq!(of(&events, "tool_result").len(), 1);
    assert_eq!(talk.asked().len(), 3);
    talk.check_fold().await;
}

#[tokio::test]
async fn while_a_tool_reads() {
    let talk = Talk::of([
        Turn::calls([at_bench("wait", "a")]),
        Turn::calls([at_bench("look", "a")]),
        Turn::streams(["Seen."]),
    ])
    .await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%tool_call_start%'").await;
    talk.server.kill();
    talk.leases_run_out().await;
    let other = talk.replica();
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(text(&events), "Seen.");
    talk.check_fold().await;
}

#[tokio::test]
async fn of_a_fault_in_the_code() {
    let talk = Talk::of([Turn::calls([at_bench("break", "a")])]).await;
    let events = talk.ask("go").await;
    let error = of(&events, "error")[0];
    assert_eq!(
        (error["code"].as_str(), error["message"].as_str()),
        (Some("internal"), Some("the server failed; its log says more"))
    );
    talk.server.work().await;
    assert_eq!(talk.asked().len(), 1, "what has a fault is not tried again");
    talk.check_fold().await;
}

#[tokio::test]
async fn too_often() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%message_start%'").await;
    talk.server.kill();
    for _ in 0..3 {
        talk.leases_run_out().await;
        let next = talk.replica();
        assert_eq!(next.runs.claim().await.unwrap(), 1);
        talk.until("select 1 from conversation_log where events like '%message_reset%'").await;
        next.kill();
    }
    talk.leases_run_out().await;
    let last = talk.replica();
    last.work().await;
    let events = talk.hear_at(&last, &started).await;
    let error = of(&events, "error")[0];
    assert_eq!(
        (error["code"].as_str(), error["retryable"].as_bool()),
        (Some("interrupted"), Some(true))
    );
    talk.check_fold().await;
}

#[tokio::test]
async fn a_server_that_stops_gives_its_runs_back_at_once() {
    let talk =
        Talk::of([Turn::streams(["Half"]).ends(End::Stalls), Turn::streams(["Whole."])]).await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%Half%'").await;
    talk.server.lifecycle.stop();
    talk.server.runs.drain().await;
    let other = talk.replica();
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(text(&events), "Whole.");
    assert_eq!(talk.run(started.run.id).await["attempt"], 0);
    assert!(names(&events).contains(&"message_reset"));
    talk.check_fold().await;
}

#[tokio::test]
async fn a_server_that_lost_its_run_says_nothing_more() {
    let talk =
        Talk::of([Turn::streams(["Half"]).ends(End::Stalls), Turn::streams(["Whole."])]).await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%Half%'").await;
    talk.inner.clock.advance(TimeDelta::seconds(31));
    let other = talk.replica();
    other.work().await;
    talk.server.runs.beat().await.unwrap();
    talk.server.runs.idle().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(text(&events), "Whole.");
    talk.check_fold().await;
}

#[tokio::test]
async fn while_its_end_is_being_written() {
    let talk = Talk::of([Turn::streams(["Whole."])]).await;
    // Held until the server is dead, however long that takes.
    let lock = talk.inner.database.execute(
        "do $$ begin
             lock table usage_days in access exclusive mode;
             while not exists (select 1 from pg_class where relname = 'dead') loop
                 perform pg_sleep(0.01);
             end loop;
         end $$",
    );
    let ask = async {
        let waits = "select 1 from pg_locks where relation = 'usage_days'::regclass and granted";
        talk.until(waits).await;
        let started = talk.say("go").await;
        let blocked =
            "select 1 from pg_locks where relation = 'usage_days'::regclass and not granted";
        talk.until(blocked).await;
        talk.server.kill();
        talk.inner.database.execute("create table dead ()").await;
        started
    };
    let ((), started) = tokio::join!(lock, ask);
    talk.leases_run_out().await;
    let other = talk.replica();
    other.work().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(text(&events), "Whole.");
    assert_eq!(of(&events, "message_end").len(), 1);
    talk.check_fold().await;
}

#[tokio::test]
async fn at_any_moment() {
    for moment in 0..12 {
        let talk = Talk::of([
            Turn::streams(["I ", "stir. "])
                .and_calls([at_bench("poke", "a")])
                .paced(Duration::from_millis(4)),
            Turn::streams(["Do", "ne."]).paced(Duration::from_millis(4)),
        ])
        .await;
        talk.let_pass("allow", "allow").await;
        let started = talk.say("go").await;
        tokio::time::sleep(Duration::from_millis(moment * 5)).await;
        talk.server.kill();
        talk.leases_run_out().await;
        let other = talk.replica();
        other.work().await;
        let run = talk.run(started.run.id).await;
        assert_eq!(run["state"], "succeeded", "{moment}: {run}");
        // The script goes on where the provider was, so a second try may have skipped the call.
        assert!(talk.bench.effects() <= 1, "{moment}");
        let events = talk.hear_at(&other, &started).await;
        assert_eq!(of(&events, "message_end").len(), 1, "{moment}");
        talk.check_fold().await;
    }
}
