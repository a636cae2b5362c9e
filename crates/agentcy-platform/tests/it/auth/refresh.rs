use agentcy_core::{ErrorCode, Role};
use agentcy_platform::auth::refresh;
use agentcy_testkit::platform::TestPlatform;
use chrono::TimeDelta;

use super::{audited, code, header, knock, showing, sign_in};

#[tokio::test]
async fn a_traded_token_opens_and_the_old_one_does_not() {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let first = sign_in(&test, &user).await;
    knock(&test.platform, &first).await.unwrap();
    test.clock.advance(TimeDelta::hours(1));
    let second = refresh(&test.platform, &showing(&header(&first))).await.unwrap();
    assert_eq!(second.expires_at - first.expires_at, TimeDelta::hours(1));
    assert_eq!(code(knock(&test.platform, &first).await), ErrorCode::Unauthenticated);
    assert!(
        knock(&test.platform, &second).await.is_ok(),
        "knocking with an old token ends nothing"
    );
}

#[tokio::test]
async fn an_old_token_that_comes_back_to_be_traded_ends_the_session() {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let (first, bystander) = (sign_in(&test, &user).await, sign_in(&test, &user).await);
    let second = refresh(&test.platform, &showing(&header(&first))).await.unwrap();
    let reused = refresh(&test.platform, &showing(&header(&first))).await;
    assert_eq!(code(reused), ErrorCode::Unauthenticated);
    assert_eq!(code(knock(&test.platform, &second).await), ErrorCode::Unauthenticated);
    assert_eq!(
        code(refresh(&test.platform, &showing(&header(&second))).await),
        ErrorCode::Unauthenticated
    );
    assert!(knock(&test.platform, &bystander).await.is_ok());
    assert_eq!(audited(&test, "session.refresh", "denied").await, 1);
}

#[tokio::test]
async fn of_many_who_trade_one_token_at_once_at_most_one_wins_and_the_session_ends() {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let first = sign_in(&test, &user).await;
    let shown = header(&first);
    let trade = || refresh(&test.platform, showing_static(&shown));
    let outcomes = tokio::join!(trade(), trade(), trade(), trade());
    let won: Vec<_> =
        [outcomes.0, outcomes.1, outcomes.2, outcomes.3].into_iter().flatten().collect();
    assert!(won.len() <= 1, "{} won", won.len());
    for session in &won {
        assert_eq!(code(knock(&test.platform, session).await), ErrorCode::Unauthenticated);
    }
}

fn showing_static(header: &str) -> &'static agentcy_platform::auth::Presented<'static> {
    let header: &'static str = Box::leak(header.to_owned().into_boxed_str());
    Box::leak(Box::new(showing(header)))
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_renewed() {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let mut session = sign_in(&test, &user).await;
    let end = agentcy_core::Clock::now(&*test.clock) + TimeDelta::days(30);
    for _ in 0..39 {
        test.clock.advance(TimeDelta::hours(18));
        session = refresh(&test.platform, &showing(&header(&session))).await.unwrap();
    }
    assert_eq!(session.expires_at, end);
    test.clock.advance(TimeDelta::hours(18) + TimeDelta::seconds(1));
    assert_eq!(code(knock(&test.platform, &session).await), ErrorCode::Unauthenticated);
    assert_eq!(
        code(refresh(&test.platform, &showing(&header(&session))).await),
        ErrorCode::Unauthenticated
    );
}
