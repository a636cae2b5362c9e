//! A message comes while another is being answered.

use std::time::Duration;

use agentcy_core::{ErrorCode, chat::OnBusy};
use agentcy_testkit::fake_llm::{End, Turn};
use chrono::TimeDelta;
use futures_util::future::join_all;
use tokio::task::yield_now;

use super::talk::{Event, Talk, at_bench, of, text};

#[tokio::test]
async fn it_is_refused_with_what_is_waited_for() {
    let talk = Talk::of([Turn::calls([at_bench("poke", "a")])]).await;
    let first = talk.say("one").await;
    talk.until_state(first.run.id, "waiting_approval").await;
    let error = talk.try_say("two", OnBusy::Refuse).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::RunActive));
    let agentcy_platform::Error::Refused { details, .. } = error else { panic!("a refusal") };
    let details = details.unwrap();
    assert_eq!(details["run_id"], first.run.id.to_string());
    assert!(details["approval_id"].as_str().unwrap().starts_with("apr_"));
}

#[tokio::test]
async fn messages_wait_and_are_answered_in_order() {
    let slow = Turn::streams(["one"]).after(Duration::from_millis(200));
    let talk = Talk::of([slow, Turn::streams(["two"]), Turn::streams(["three"])]).await;
    let first = talk.say("1").await;
    let second = talk.try_say("2", OnBusy::Queue).await.unwrap();
    talk.inner.clock.advance(TimeDelta::seconds(1));
    let third = talk.try_say("3", OnBusy::Queue).await.unwrap();
    assert_eq!(text(&talk.hear(&first).await), "one");
    talk.server.work().await;
    assert_eq!(text(&talk.hear(&second).await), "two");
    assert_eq!(text(&talk.hear(&third).await), "three");
    talk.check_fold().await;
}

#[tokio::test]
async fn an_answer_makes_way() {
    let talk =
        Talk::of([Turn::streams(["Half"]).ends(End::Stalls), Turn::streams(["Now this."])]).await;
    let first = talk.say("one").await;
    talk.until_asked(1).await;
    let second = talk.try_say("two", OnBusy::Interrupt).await.unwrap();
    let events = talk.hear(&first).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    talk.server.work().await;
    assert_eq!(text(&talk.hear(&second).await), "Now this.");
    talk.check_fold().await;
}

#[tokio::test]
async fn a_question_to_a_person_is_superseded() {
    let talk = Talk::of([Turn::calls([at_bench("poke", "a")]), Turn::streams(["Fine."])]).await;
    let first = talk.say("one").await;
    talk.until_state(first.run.id, "waiting_approval").await;
    let second = talk.try_say("two", OnBusy::Interrupt).await.unwrap();
    talk.server.work().await;
    let events = talk.hear(&first).await;
    assert_eq!(of(&events, "approval_resolved")[0]["state"], "superseded");
    assert_eq!(text(&talk.hear(&second).await), "Fine.");
    assert_eq!(talk.bench.effects(), 0);
    talk.check_fold().await;
}

#[tokio::test]
async fn without_a_server_that_has_room_a_message_waits_for_one() {
    let talk = Talk::of([Turn::streams(["Here."])]).await;
    talk.server.lifecycle.stop();
    let started = talk.say("anybody?").await;
    let other = talk.replica();
    other.work().await;
    assert_eq!(text(&talk.hear_at(&other, &started).await), "Here.");
    talk.check_fold().await;
}

#[tokio::test]
async fn of_many_that_come_at_once_one_is_answered_and_the_others_wait() {
    // Those who were overtaken may have asked the model before they knew.
    let talk = Talk::of(std::iter::repeat_n(Turn::streams(["So it is."]), 16)).await;
    let all = join_all((0..4).map(|_| talk.try_say("is it?", OnBusy::Queue))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    // Another one may begin at once where the first is over by then.
    assert!(all.iter().any(|started| started.work.is_some()));
    // Whose turn it is next is not the order in which they were told.
    let work = async {
        loop {
            talk.server.work().await;
            yield_now().await;
        }
    };
    let hear = join_all(all.iter().map(|started| talk.hear(started)));
    let heard = tokio::select! {
        heard = hear => heard,
        () = work => unreachable!("work goes on"),
    };
    assert!(heard.iter().all(|events| text(events) == "So it is."));
    let span = |events: &Vec<Event>| (events[0].seq, events[events.len() - 1].seq);
    let mut spans: Vec<_> = heard.iter().map(span).collect();
    spans.sort_unstable();
    assert!(
        spans.windows(2).all(|two| two[0].1 < two[1].0),
        "two were answered at once: {spans:?}"
    );
    talk.check_fold().await;
}
