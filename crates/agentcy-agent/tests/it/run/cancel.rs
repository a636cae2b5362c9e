//! A run is stopped wherever it stands, and ends once.

use agentcy_agent::runs;
use agentcy_core::{
    Action,
    chat::{OnBusy, RunState},
};
use agentcy_store::runs::ask_cancel;
use agentcy_testkit::fake_llm::{End, Turn};

use super::talk::{Talk, at_bench, of, text};

impl Talk {
    async fn stop(&self) {
        runs::cancel(&self.server.runs, &self.person, self.conversation).await.unwrap();
    }
}

#[tokio::test]
async fn in_the_middle_of_its_text() {
    let talk = Talk::of([Turn::streams(["Half", " a"]).ends(End::Stalls)]).await;
    let started = talk.say("go").await;
    let mut seen = String::new();
    while !seen.contains(" a") {
        seen = talk.until("select events from conversation_log where events like '% a%'").await[0]
            .to_string();
    }
    talk.stop().await;
    let events = talk.hear(&started).await;
    let end = of(&events, "message_end")[0];
    assert_eq!(end["finish_reason"], "cancelled");
    // The provider would have said so at its end; it is paid all the same.
    let used = |name: &str| end["usage"][name].as_i64().unwrap();
    assert!(used("in_tokens") > 100 && used("out_tokens") > 0, "{end}");
    assert_eq!(text(&events), "Half a");
    talk.check_fold().await;
}

#[tokio::test]
async fn before_the_first_word() {
    let talk = Talk::of([Turn::Stalls]).await;
    let started = talk.say("go").await;
    talk.stop().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    assert_eq!(talk.run(started.run.id).await["state"], "cancelled");
    talk.check_fold().await;
}

#[tokio::test]
async fn while_a_person_decides() {
    let talk = Talk::of([Turn::calls([at_bench("poke", "a")])]).await;
    let started = talk.say("go").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.stop().await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "approval_resolved")[0]["state"], "cancelled");
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    talk.check_fold().await;
}

#[tokio::test]
async fn while_a_tool_reads() {
    let talk = Talk::of([Turn::calls([at_bench("wait", "a")])]).await;
    let started = talk.say("go").await;
    talk.until("select 1 from conversation_log where events like '%tool_call_start%'").await;
    talk.stop().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    talk.check_fold().await;
}

#[tokio::test]
async fn while_it_waits_for_its_turn() {
    let talk =
        Talk::of([Turn::streams(["First"]).ends(End::Stalls), Turn::streams(["Second"])]).await;
    let first = talk.say("one").await;
    talk.until_asked(1).await;
    let second = talk.try_say("two", OnBusy::Queue).await.unwrap();
    let by = talk.server.platform.permit(&talk.person, Action::RunCancel).await.unwrap();
    let mut tx = talk.server.platform.begin(&by).await.unwrap();
    let asked = ask_cancel(&mut tx, second.run.id, false, talk.server.platform.now()).await;
    assert_eq!(asked.unwrap(), Some(RunState::Pending));
    tx.commit().await.unwrap();
    assert_eq!(talk.server.runs.claim().await.unwrap(), 0, "another is at work");
    talk.stop().await;
    talk.hear(&first).await;
    talk.server.work().await;
    let events = talk.hear(&second).await;
    assert_eq!(of(&events, "error")[0]["code"], "cancelled");
    assert_eq!(talk.asked().len(), 1);
    talk.check_fold().await;
}

#[tokio::test]
async fn on_another_server() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let started = talk.say("go").await;
    let other = talk.replica();
    runs::cancel(&other.runs, &talk.person, talk.conversation).await.unwrap();
    talk.server.runs.beat().await.unwrap();
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    talk.check_fold().await;
}
