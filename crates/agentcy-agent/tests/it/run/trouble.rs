//! A model provider that fails.

use agentcy_testkit::fake_llm::{End, Turn};

use super::talk::{Talk, of, text};

#[tokio::test]
async fn a_turn_that_breaks_off_is_asked_for_once_more() {
    let broken = Turn::streams(["Ha", "lf"]).ends(End::Cuts);
    let talk = Talk::of([broken, Turn::streams(["Whole."])]).await;
    let events = talk.ask("go").await;
    assert_eq!(of(&events, "message_reset").len(), 1);
    assert_eq!(text(&events), "Whole.");
    talk.check_fold().await;
}

#[tokio::test]
async fn a_provider_that_always_breaks_off_ends_the_run_with_what_was_shown() {
    let talk = Talk::of([Turn::streams(["Ha", "lf"]).ends(End::Cuts)]).await;
    let events = talk.ask("go").await;
    assert_eq!(of(&events, "error")[0]["code"], "model_failed");
    talk.check_fold().await;
}

#[tokio::test]
async fn a_refusal_ends_the_run_in_the_providers_words() {
    let talk = Talk::of([Turn::refuses(400, "no such model")]).await;
    let events = talk.ask("go").await;
    let error = of(&events, "error")[0];
    assert_eq!(error["code"], "model_failed");
    assert!(error["message"].as_str().unwrap().contains("no such model"));
    talk.check_fold().await;
}
