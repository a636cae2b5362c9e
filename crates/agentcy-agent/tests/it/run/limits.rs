//! Limits end a run with their reason.

use agentcy_agent::runs;
use agentcy_core::{Role, agent::RunLimits};
use agentcy_llm::Tokens;
use agentcy_platform::agents::{self, NewAgent};
use agentcy_testkit::fake_llm::{End, Turn};
use serde_json::json;

use super::talk::{Event, Talk, YES, at_bench, of};

/// Lets an agent with these limits answer, and gives its events.
async fn executed(talk: &Talk, limits: RunLimits) -> Vec<Event> {
    executed_by(talk, "special", limits).await
}

async fn executed_by(talk: &Talk, model: &str, limits: RunLimits) -> Vec<Event> {
    let admin = talk.inner.caller(talk.org, Role::Admin).await;
    let new = NewAgent {
        name: "scout".to_owned(),
        instructions: "You scout.".to_owned(),
        model: Some(model.to_owned()),
        tools: Vec::new(),
        realm: None,
        limits,
        approval_defaults: None,
        standing_approvals: Vec::new(),
    };
    let draft = agents::create(&talk.server.platform, &admin, new).await.unwrap();
    let agent = draft.commit().await.unwrap();
    let input = "go".to_owned();
    let started =
        runs::execute(&talk.server.runs, &talk.person, agent.id, input, None).await.unwrap();
    let events = talk.hear(&started).await;
    let found = runs::retrieve(&talk.server.runs, &talk.person, agent.id, started.run.id).await;
    assert!(found.unwrap().state.is_over());
    events
}

#[tokio::test]
async fn a_model_that_never_stops_calling_is_stopped() {
    let talk = Talk::of([Turn::calls([("list_connectors", json!({}))])]).await;
    let limits = RunLimits { steps: Some(3), ..RunLimits::default() };
    let events = executed(&talk, limits).await;
    let end = of(&events, "message_end")[0];
    assert_eq!(end["finish_reason"], "max_iterations");
    assert_eq!((talk.asked().len(), end["usage"]["in_tokens"].as_i64()), (3, Some(21)));
    assert_eq!(talk.asked()[0]["model"], "special");
    assert!(talk.asked()[0]["messages"][0]["content"].as_str().unwrap().starts_with("You scout."));
    talk.check_fold().await;
}

#[tokio::test]
async fn tokens_are_counted() {
    let calls = Turn::calls([("list_connectors", json!({}))]);
    let used = Tokens { input: 900, output: 200, ..Tokens::default() };
    let talk = Talk::of([calls.using(used)]).await;
    let limits = RunLimits { tokens: Some(1000), ..RunLimits::default() };
    let events = executed(&talk, limits).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "max_tokens");
    talk.check_fold().await;
}

#[tokio::test]
async fn cost_is_counted_where_the_price_is_known() {
    let calls = || Turn::calls([("list_connectors", json!({}))]);
    let used = Tokens { input: 900, output: 200, ..Tokens::default() };
    let limits = RunLimits { cost_usd: Some(0.004), steps: Some(3), ..RunLimits::default() };
    let talk = Talk::of([calls().using(used)]).await;
    let events = executed_by(&talk, "gpt-4o", limits).await;
    let end = of(&events, "message_end")[0];
    assert_eq!(end["finish_reason"], "max_cost");
    assert_eq!((talk.asked().len(), end["usage"]["cost_usd"].as_f64()), (1, Some(0.00425)));
    talk.check_fold().await;

    let talk = Talk::of([calls().using(used)]).await;
    let events = executed_by(&talk, "nobody-knows-what-it-costs", limits).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "max_iterations");
}

#[tokio::test]
async fn time_is_over_in_the_middle_of_a_text() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Stalls)]).await;
    let limits = RunLimits { secs: Some(1), ..RunLimits::default() };
    let events = executed(&talk, limits).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "max_time");
    talk.check_fold().await;
}

#[tokio::test]
async fn nothing_more_is_changed_once_time_is_over() {
    let calls = Turn::calls([at_bench("poke", "a"), at_bench("poke", "b")]);
    let talk = Talk::of([calls, Turn::streams(["Both."])]).await;
    let started = talk.say("go").await;
    talk.until_state(started.run.id, "waiting_approval").await;
    talk.server.runs.idle().await;
    // As if it had worked as long as it may before it asked.
    talk.inner.database.execute("update runs set active_ms = 600000").await;
    talk.decide(YES).await;
    talk.decide(YES).await;
    talk.server.work().await;
    let events = talk.hear(&started).await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "max_time");
    assert_eq!((talk.bench.effects(), talk.asked().len()), (0, 1));
    let calls = talk.inner.database.rows("select distinct state from tool_calls").await;
    assert_eq!(calls, [json!({ "state": "cancelled" })]);
    talk.check_fold().await;
}

#[tokio::test]
async fn an_answer_that_is_cut_by_its_length_says_so() {
    let talk = Talk::of([Turn::streams(["Half"]).ends(End::Reason("length".to_owned()))]).await;
    let events = talk.ask("go").await;
    assert_eq!(of(&events, "message_end")[0]["finish_reason"], "max_tokens");
    talk.check_fold().await;
}
