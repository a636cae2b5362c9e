//! Conversations that grow long, and models that read less than was thought.

use agentcy_llm::Tokens;
use agentcy_testkit::fake_llm::{End, Strict, Turn};

use super::talk::{Talk, names, of};

/// A talk that is told in short at its fourth message, by this turn.
async fn summed_up(summary: Turn) -> Talk {
    let mut turns = vec![Turn::streams(["ok"]); 3];
    turns.extend([summary, Turn::streams(["The end."])]);
    let talk = Talk::of(turns).await;
    for letter in ["a", "b", "c"] {
        talk.ask(&letter.repeat(55_000)).await;
    }
    talk
}

#[tokio::test]
async fn a_long_conversation_is_told_in_short() {
    let used = Tokens { input: 90, output: 10, ..Tokens::default() };
    let talk = summed_up(Turn::streams(["In short."]).using(used)).await;
    let events = talk.ask(&"d".repeat(30_000)).await;
    let summaries = of(&events, "summary");
    assert_eq!(summaries.len(), 1, "{:?}", names(&events));
    assert_eq!(summaries[0]["content"], "In short.");
    assert_eq!(of(&events, "message_end")[0]["usage"]["in_tokens"], 97);
    let last = talk.asked().last().unwrap()["messages"].to_string();
    assert!(last.contains("In short.") && !last.contains("aaaa") && !last.contains("bbbb"));
    assert!(last.contains("cccc") && last.contains("dddd"));
    talk.ask("again").await;
    let again = talk.asked().last().unwrap()["messages"].to_string();
    assert!(again.contains("In short.") && !again.contains("bbbb") && again.contains("dddd"));
    talk.check_fold().await;
}

#[tokio::test]
async fn a_conversation_outlives_a_summary_that_fails() {
    let reason = |reason: &str| End::Reason(reason.to_owned());
    for failed in [
        Turn::streams::<String>([]).ends(reason("length")),
        Turn::streams(["In sho"]).ends(reason("length")),
        Turn::streams(["I am"]).ends(reason("content_filter")),
        Turn::refuses(400, "no"),
        Turn::refuses(400, "prompt is too long: 3 tokens > 2 maximum"),
    ] {
        let talk = summed_up(failed.clone()).await;
        let events = talk.ask(&"d".repeat(30_000)).await;
        assert_eq!(names(&events).last(), Some(&"message_end"), "{failed:?}");
        let summary = of(&events, "summary")[0]["content"].as_str().unwrap();
        assert!(summary.contains("User: aaaa") && summary.len() < 2_000, "{summary}");
        let events = talk.ask("again").await;
        assert_eq!(of(&events, "message_end")[0]["finish_reason"], "end_turn");
        talk.check_fold().await;
    }
}

#[tokio::test]
async fn a_model_that_reads_less_than_was_thought_is_told_less() {
    let talk = Talk::of([Turn::streams(["ok"])]).await;
    talk.llm.insist(Strict::Window(100_000));
    for letter in ["a", "b", "c", "d", "e"] {
        let events = talk.ask(&letter.repeat(30_000)).await;
        assert_eq!(names(&events).last(), Some(&"message_end"), "{letter}");
        assert_eq!(of(&events, "message_end")[0]["finish_reason"], "end_turn");
    }
    let sizes: Vec<usize> = talk.asked().iter().map(|body| body.to_string().len()).collect();
    let refused = sizes.iter().filter(|size| **size > 100_000).count();
    assert_eq!(refused, 1, "it is learned once: {sizes:?}");
    talk.check_fold().await;
}

#[tokio::test]
async fn what_cannot_be_made_shorter_is_refused_in_the_providers_words() {
    let talk = Talk::of([Turn::streams(["ok"])]).await;
    talk.llm.insist(Strict::Window(20_000));
    let events = talk.ask(&"a".repeat(30_000)).await;
    let error = of(&events, "error")[0];
    assert_eq!(error["code"], "model_failed");
    assert!(error["message"].as_str().unwrap().contains("maximum context length"), "{error}");
    talk.check_fold().await;
}
