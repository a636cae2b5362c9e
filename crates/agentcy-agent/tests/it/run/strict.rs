//! Servers that want back what they gave, whoever goes on with a run.

use agentcy_testkit::fake_llm::{Strict, Turn};
use serde_json::json;

use super::talk::{Talk, YES, at_bench, names};

#[tokio::test]
async fn what_a_provider_wants_back_it_gets_from_whoever_goes_on() {
    for strict in [Strict::DeepSeek, Strict::Gemini, Strict::Mistral, Strict::Gpt56] {
        let call = || Turn::calls([at_bench("poke", "a")]);
        let talk = Talk::of([call(), Turn::streams(["Done."]), Turn::streams(["Well."])]).await;
        talk.llm.insist(strict);
        let started = talk.say("go").await;
        talk.until_state(started.run.id, "waiting_approval").await;
        talk.server.runs.idle().await;
        talk.decide(YES).await;
        talk.server.kill();
        let other = talk.replica();
        other.work().await;
        let events = talk.hear_at(&other, &started).await;
        assert_eq!(names(&events).last(), Some(&"message_end"), "{strict:?} {events:?}");
        let history = talk.inner.database.rows("select parts from messages").await;
        assert!(!json!(history).to_string().contains("Let me think"), "nobody is shown it");
        talk.check_fold().await;
    }
}

#[tokio::test]
async fn later_questions_are_told_with_it_as_well() {
    let talk = Talk::of([Turn::calls([at_bench("look", "a")]), Turn::streams(["Seen."])]).await;
    talk.llm.insist(Strict::DeepSeek);
    for question in ["one", "two"] {
        let events = talk.ask(question).await;
        assert_eq!(names(&events).last(), Some(&"message_end"), "{events:?}");
    }
    assert!(talk.asked().last().unwrap().to_string().contains("Let me think."));
    talk.check_fold().await;
}
