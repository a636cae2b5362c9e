use agentcy_core::{Caller, Credential, ErrorCode, Role};
use agentcy_platform::{
    Platform, Result,
    auth::{Presented, authenticate, create_ticket, logout},
    setup::QueryTokens,
};
use agentcy_testkit::platform::TestPlatform;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

use super::{code, fields, knock, sign_in};

async fn redeem(platform: &Platform, ticket: &str, path: &str) -> Result<Caller> {
    let shown = Presented { query: Some(ticket), path, ..Presented::default() };
    authenticate(platform, &shown).await
}

async fn signed_in(test: &TestPlatform) -> (Caller, agentcy_platform::auth::Session) {
    let user = test.user(test.org().await, Role::Member).await;
    let session = sign_in(test, &user).await;
    (knock(&test.platform, &session).await.unwrap(), session)
}

async fn ticket(test: &TestPlatform, caller: &Caller, path: &str) -> String {
    let made = create_ticket(&test.platform, caller, path).await.unwrap();
    made.ticket.expose_secret().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_who_race_for_a_ticket_one_gets_it() {
    let test = TestPlatform::new().await;
    let (caller, _) = signed_in(&test).await;
    let made = ticket(&test, &caller, "/ws").await;
    let mut racers = JoinSet::new();
    for _ in 0..1_000 {
        let (platform, made) = (test.platform.clone(), made.clone());
        racers.spawn(async move { redeem(&platform, &made, "/ws").await });
    }
    let outcomes = racers.join_all().await;
    let winners: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(
        (winners[0].principal, winners[0].credential),
        (caller.principal, Credential::Ticket)
    );
}

#[tokio::test]
async fn a_ticket_is_for_its_path_and_its_minute() {
    let test = TestPlatform::new().await;
    let (caller, _) = signed_in(&test).await;
    let elsewhere = ticket(&test, &caller, "/ws").await;
    assert_eq!(
        code(redeem(&test.platform, &elsewhere, "/other").await),
        ErrorCode::Unauthenticated
    );
    let late = ticket(&test, &caller, "/ws").await;
    test.clock.advance(TimeDelta::seconds(61));
    assert_eq!(code(redeem(&test.platform, &late, "/ws").await), ErrorCode::Unauthenticated);
    for bad in ["", "ws", "/ws?x=1", "/a b", "/\u{7}"] {
        assert_eq!(fields(create_ticket(&test.platform, &caller, bad).await), ["path"]);
    }
}

#[tokio::test]
async fn a_ticket_is_worth_what_its_maker_is_at_the_time_of_use() {
    let test = TestPlatform::new().await;
    let (caller, _) = signed_in(&test).await;
    let lowered = ticket(&test, &caller, "/ws").await;
    test.database.execute("update memberships set role = 'viewer'").await;
    assert_eq!(redeem(&test.platform, &lowered, "/ws").await.unwrap().role, Role::Viewer);
    let ended = ticket(&test, &caller, "/ws").await;
    logout(&test.platform, &caller).await.unwrap();
    assert_eq!(code(redeem(&test.platform, &ended, "/ws").await), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_ticket_makes_no_ticket() {
    let test = TestPlatform::new().await;
    let (caller, _) = signed_in(&test).await;
    let made = ticket(&test, &caller, "/ws").await;
    let by_ticket = redeem(&test.platform, &made, "/ws").await.unwrap();
    let outcome = create_ticket(&test.platform, &by_ticket, "/ws").await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_token_in_the_query_is_taken_unless_only_tickets_are() {
    let any = TestPlatform::new().await;
    let (_, session) = signed_in(&any).await;
    assert!(redeem(&any.platform, session.token.expose_secret(), "/ws").await.is_ok());
    let strict = TestPlatform::with(|setup| setup.auth.query_tokens = QueryTokens::Tickets).await;
    let (caller, session) = signed_in(&strict).await;
    let refused = redeem(&strict.platform, session.token.expose_secret(), "/ws").await;
    assert_eq!(code(refused), ErrorCode::Unauthenticated);
    let made = ticket(&strict, &caller, "/ws").await;
    assert!(redeem(&strict.platform, &made, "/ws").await.is_ok());
}
