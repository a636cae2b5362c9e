//! A model provider that fails.

use agentcy_agent::runs;
use agentcy_core::chat::OnBusy;
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

impl Talk {
    /// The org has a key of its own by now, and the encryption key was changed twice since.
    async fn lose_key(&self) {
        let org = uuid::Uuid::from(self.org);
        let sealed = "00".repeat(64);
        let lost = format!(
            "insert into llm_settings (org_id, provider, model, api_key, updated_at)
             values ('{org}', 'openai', 'scripted', '\\x{sealed}', now())"
        );
        self.inner.database.execute(&lost).await;
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_opened_ends_the_run_that_is_taken_up_and_those_that_wait() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let first = talk.say("go").await;
    talk.until_asked(1).await;
    let second = talk.try_say("more", OnBusy::Queue).await.unwrap();
    talk.lose_key().await;
    talk.server.kill();
    talk.leases_run_out().await;
    let other = talk.replica();
    other.work().await;
    for started in [first, second] {
        assert_eq!(talk.run(started.run.id).await["state"], "failed");
        let events = talk.hear_at(&other, &started).await;
        let error = of(&events, "error")[0];
        assert_eq!(error["code"], "model_failed");
        assert!(error["message"].as_str().unwrap().contains("key"), "{error}");
    }
    talk.check_fold().await;
}

#[tokio::test]
async fn a_run_without_a_key_that_opens_can_be_stopped() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let started = talk.say("go").await;
    talk.until_asked(1).await;
    talk.lose_key().await;
    talk.server.kill();
    let other = talk.replica();
    runs::cancel(&other.runs, &talk.person, talk.conversation).await.unwrap();
    talk.leases_run_out().await;
    other.work().await;
    assert_eq!(talk.run(started.run.id).await["state"], "cancelled");
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "cancelled");
    talk.check_fold().await;
}
