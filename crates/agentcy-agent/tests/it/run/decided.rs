//! What a person decided is said once and done once, whoever goes on with it.

use agentcy_agent::{approvals::Decision, runs::Started};
use agentcy_testkit::fake_llm::Turn;
use serde_json::{Value, json};

use super::talk::{Event, Server, Talk, YES, at_bench, of, text};

const NO: Decision = Decision { approved: false, note: None, args: None, remember_secs: None };

/// A run that has asked for these calls, each of which waits.
async fn asking(calls: impl IntoIterator<Item = (&'static str, Value)>) -> (Talk, Started) {
    let talk = Talk::of([Turn::calls(calls), Turn::streams(["Done."])]).await;
    talk.let_pass("approve", "approve").await;
    let started = talk.say("go").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.server.runs.idle().await;
    (talk, started)
}

impl Talk {
    async fn decide_at(&self, target: &str, decision: Decision) {
        let waiting = self.waiting().await;
        let one = waiting.iter().find(|one| one.args == json!({ "target": target })).unwrap();
        let (platform, at) = (&self.server.platform, self.conversation);
        let done = agentcy_agent::approvals::decide(platform, &self.person, at, one.id, decision);
        done.await.unwrap();
    }

    /// Wakes the run, and returns once one of its calls is under way.
    async fn under_way(&self) {
        self.server.runs.claim().await.unwrap();
        while self.bench.effects() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// The server stops while a call is at the gate, and another goes on.
    async fn moves(&self) -> Server {
        self.server.lifecycle.stop();
        let opens = async { self.bench.open() };
        tokio::join!(self.server.runs.drain(), opens);
        let other = self.replica();
        other.work().await;
        other
    }

    async fn goes_on_elsewhere(&self, started: &Started) -> Vec<Event> {
        self.server.kill();
        // Whoever does it again does not wait.
        self.bench.open();
        self.leases_run_out().await;
        let other = self.replica();
        other.work().await;
        self.hear_at(&other, started).await
    }
}

#[tokio::test]
async fn a_server_that_stops_between_two_calls_leaves_nothing_to_say_again() {
    let (talk, started) = Box::pin(asking([at_bench("hold", "a"), at_bench("poke", "b")])).await;
    talk.decide_at("a", YES).await;
    talk.decide_at("b", YES).await;
    talk.under_way().await;
    let other = talk.moves().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "approval_resolved").len(), 2);
    assert_eq!(of(&events, "tool_result").len(), 2);
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (2, "Done."));
    talk.check_fold().await;
}

#[tokio::test]
async fn an_agreement_outlives_the_server_that_had_heard_of_it() {
    let (talk, started) = Box::pin(asking([at_bench("hold", "a"), at_bench("poke", "b")])).await;
    talk.decide_at("a", YES).await;
    talk.decide_at("b", YES).await;
    talk.under_way().await;
    let events = talk.goes_on_elsewhere(&started).await;
    let results = of(&events, "tool_result");
    assert_eq!(results[0]["result"]["error"]["code"], "outcome_unknown");
    assert_eq!((results[1]["is_error"].as_bool(), results.len()), (Some(false), 2));
    assert_eq!(of(&events, "approval_resolved").len(), 2);
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (2, "Done."));
    talk.check_fold().await;
}

#[tokio::test]
async fn a_denial_and_a_look_that_was_agreed_to_survive_a_stop_as_they_are() {
    let (talk, started) = Box::pin(asking([at_bench("poke", "a"), at_bench("ponder", "b")])).await;
    talk.decide_at("a", NO).await;
    talk.decide_at("b", YES).await;
    talk.under_way().await;
    let other = talk.moves().await;
    let events = talk.hear_at(&other, &started).await;
    assert_eq!(of(&events, "approval_resolved").len(), 2);
    assert_eq!(of(&events, "tool_result").len(), 2);
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "Done."));
    talk.check_fold().await;
}

#[tokio::test]
async fn a_look_that_was_agreed_to_is_not_repeated_when_its_server_dies() {
    let (talk, started) = Box::pin(asking([at_bench("ponder", "a")])).await;
    talk.decide_at("a", YES).await;
    talk.under_way().await;
    let events = talk.goes_on_elsewhere(&started).await;
    assert_eq!(of(&events, "tool_result")[0]["result"]["error"]["code"], "outcome_unknown");
    assert_eq!((talk.bench.effects(), text(&events).as_str()), (1, "Done."));
    talk.check_fold().await;
}

#[tokio::test]
async fn a_server_that_dies_while_it_ends_a_run_nobody_decided_leaves_it_to_end() {
    let (talk, started) = Box::pin(asking([at_bench("poke", "a"), at_bench("poke", "b")])).await;
    talk.decide_at("a", YES).await;
    // As far as it came.
    let expired = "update approvals set state = 'expired', decided_at = created_at \
                   where state = 'pending'";
    talk.inner.database.execute(expired).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "approval_expired");
    assert_eq!(talk.bench.effects(), 0);
    talk.check_fold().await;
}
