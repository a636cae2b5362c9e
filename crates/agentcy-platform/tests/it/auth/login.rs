use agentcy_core::{Credential, ErrorCode, Principal, Realms, Role};
use agentcy_platform::auth::{Kind, Login, Origin, authenticate, login, logout, me};
use agentcy_testkit::platform::{PASSWORD, TestPlatform};
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{audited, code, from, header, knock, showing, sign_in, with};

#[tokio::test]
async fn who_knows_the_password_is_let_in_and_known_afterwards() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Admin).await;
    let typed = with(&format!(" {} ", user.email.to_uppercase()), PASSWORD);
    let session = login(&test.platform, typed, &from()).await.unwrap();
    assert_eq!(
        (session.user.id, session.user.role, session.user.org_id),
        (user.id, Role::Admin, org)
    );
    let caller = knock(&test.platform, &session).await.unwrap();
    assert_eq!(
        (caller.principal, caller.org_id, caller.role),
        (Principal::User(user.id), org, Role::Admin)
    );
    assert_eq!(caller.expires_at, Some(session.expires_at));
    assert!(matches!(caller.credential, Credential::Session(_)));
    let me = me(&test.platform, &caller).await.unwrap();
    assert_eq!((me.user.unwrap().email, me.credential), (user.email, "session"));
    assert_eq!(audited(&test, "session.create", "allowed").await, 1);
}

#[tokio::test]
async fn wrong_unknown_and_shut_out_get_one_answer_and_each_is_audited() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let gone = test.user(org, Role::Member).await;
    let shut = format!(
        "update memberships set disabled_at = now() where user_id = '{}'",
        gone.id.to_string().trim_start_matches("usr_")
    );
    test.database.execute(&shut).await;
    let mut answers = Vec::new();
    for (email, password) in [
        (user.email.as_str(), "not the password"),
        ("nobody@example.org", PASSWORD),
        ("no address at all", PASSWORD),
        (gone.email.as_str(), PASSWORD),
    ] {
        let refused = login(&test.platform, with(email, password), &from()).await.unwrap_err();
        answers.push(format!("{:?} {refused}", refused.code()));
    }
    answers.dedup();
    assert_eq!(answers, ["Some(InvalidCredentials) the e-mail or the password is wrong"]);
    assert_eq!(audited(&test, "session.create", "denied").await, 4);
    let known = "select id from audit where decision = 'denied' and org_id is not null";
    assert_eq!(test.database.rows(known).await.len(), 2);
    let typed =
        "select id from audit where details::text like '%nobody%' or target like '%nobody%'";
    assert!(test.database.rows(typed).await.is_empty());
}

#[tokio::test]
async fn the_org_joined_first_is_the_one_unless_another_is_named() {
    let test = TestPlatform::new().await;
    let (first, second) = (test.org().await, test.org().await);
    let user = test.user(first, Role::Viewer).await;
    test.clock.advance(TimeDelta::seconds(1));
    test.join(second, user.id, Role::Owner, &Realms::All).await;
    assert_eq!(sign_in(&test, &user).await.user.org_id, first);
    let named = Login { org_id: Some(second), ..with(&user.email, PASSWORD) };
    let session = login(&test.platform, named, &from()).await.unwrap();
    assert_eq!((session.user.org_id, session.user.role), (second, Role::Owner));
    let foreign = Login { org_id: Some(test.org().await), ..with(&user.email, PASSWORD) };
    assert_eq!(code(login(&test.platform, foreign, &from()).await), ErrorCode::InvalidCredentials);
}

#[tokio::test]
async fn role_and_membership_are_those_of_now() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Admin).await;
    let session = sign_in(&test, &user).await;
    assert_eq!(knock(&test.platform, &session).await.unwrap().role, Role::Admin);
    test.database.execute("update memberships set role = 'viewer', realms = '{crm}'").await;
    test.clock.advance_past_caches();
    let caller = knock(&test.platform, &session).await.unwrap();
    assert_eq!((caller.role, caller.realms.to_slugs()), (Role::Viewer, vec!["crm".to_owned()]));
    test.database.execute("update memberships set disabled_at = now()").await;
    test.clock.advance_past_caches();
    assert_eq!(code(knock(&test.platform, &session).await), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_logout_holds_at_once_here_and_within_a_second_elsewhere() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let (session, other) = (sign_in(&test, &user).await, sign_in(&test, &user).await);
    let elsewhere = test.replica();
    let caller = knock(&test.platform, &session).await.unwrap();
    knock(&elsewhere, &session).await.unwrap();
    logout(&test.platform, &caller).await.unwrap();
    assert_eq!(code(knock(&test.platform, &session).await), ErrorCode::Unauthenticated);
    test.clock.advance(TimeDelta::milliseconds(801));
    assert_eq!(code(knock(&elsewhere, &session).await), ErrorCode::Unauthenticated);
    assert!(knock(&elsewhere, &other).await.is_ok());
    assert_eq!(audited(&test, "session.end", "allowed").await, 1);
}

#[tokio::test]
async fn a_token_ends_at_its_time() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let session = sign_in(&test, &user).await;
    assert_eq!(session.expires_at - agentcy_core::Clock::now(&*test.clock), TimeDelta::days(1));
    test.clock.advance(TimeDelta::days(1) + TimeDelta::minutes(1));
    assert_eq!(code(knock(&test.platform, &session).await), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn guessing_at_an_account_or_from_an_address_is_slowed() {
    let test = TestPlatform::with(|setup| setup.rates.sign_in = 3).await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let other = test.user(org, Role::Member).await;
    for _ in 0..3 {
        let wrong = login(&test.platform, with(&user.email, "not it"), &from()).await;
        assert_eq!(code(wrong), ErrorCode::InvalidCredentials);
    }
    let elsewhere = Origin { ip: Some("198.51.100.9".parse().unwrap()), ..from() };
    let account = login(&test.platform, with(&user.email, PASSWORD), &elsewhere).await;
    assert_eq!(code(account), ErrorCode::RateLimited);
    let address = login(&test.platform, with(&other.email, PASSWORD), &from()).await;
    assert_eq!(code(address), ErrorCode::RateLimited);
    assert!(login(&test.platform, with(&other.email, PASSWORD), &elsewhere).await.is_ok());
    test.clock.advance(TimeDelta::seconds(61));
    assert!(login(&test.platform, with(&user.email, PASSWORD), &from()).await.is_ok());
}

/// How a sign-in ends that began before a change was committed and comes to its end afterwards.
async fn sign_in_during(change: &str) -> ErrorCode {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let slow = format!("begin; {change}; select pg_sleep(0.5); commit");
    let late = async {
        let waiting = "select pid from pg_stat_activity
            where wait_event = 'PgSleep' and datname = current_database()";
        while test.database.rows(waiting).await.is_empty() {}
        login(&test.platform, with(&user.email, PASSWORD), &from()).await
    };
    let ((), outcome) = tokio::join!(test.database.execute(&slow), late);
    assert!(test.database.rows("select id from sessions").await.is_empty());
    code(outcome)
}

#[tokio::test]
async fn a_password_that_is_changed_during_a_sign_in_begins_no_session() {
    let outcome = sign_in_during("update users set password_hash = 'another'").await;
    assert_eq!(outcome, ErrorCode::InvalidCredentials);
}

#[tokio::test]
async fn a_member_who_is_removed_during_a_sign_in_is_refused_like_any_other() {
    let outcome = sign_in_during("delete from memberships").await;
    assert_eq!(outcome, ErrorCode::InvalidCredentials);
}

#[tokio::test]
async fn every_writing_of_an_address_shares_its_count() {
    let test = TestPlatform::with(|setup| setup.rates.sign_in = 2).await;
    let user = test.user(test.org().await, Role::Member).await;
    let address =
        format!("update users set email = 'i@example.org' where email = '{}'", user.email);
    test.database.execute(&address).await;
    // In most locales PostgreSQL lowers the dotted capital to a plain i, which Rust does not.
    let lowered = test.database.rows("select lower(U&'\\0130') as i").await;
    let dotted = if lowered[0]["i"] == "i" { "\u{130}@example.org" } else { "I@example.ORG" };
    for typed in [" I@EXAMPLE.org ", dotted] {
        let wrong = login(&test.platform, with(typed, "not it"), &from()).await;
        assert_eq!(code(wrong), ErrorCode::InvalidCredentials);
    }
    let elsewhere = Origin { ip: Some("198.51.100.9".parse().unwrap()), ..from() };
    let third = login(&test.platform, with("i@example.org", PASSWORD), &elsewhere).await;
    assert_eq!(code(third), ErrorCode::RateLimited);
}

#[tokio::test]
async fn the_cookie_is_told_apart_from_the_header() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let wanted = Login { kind: Kind::Cookie, ..with(&user.email, PASSWORD) };
    let session = login(&test.platform, wanted, &from()).await.unwrap();
    assert_eq!(session.kind, Kind::Cookie);
    let shown = agentcy_platform::auth::Presented {
        cookie: Some(session.token.expose_secret()),
        ..Default::default()
    };
    let caller = authenticate(&test.platform, &shown).await.unwrap();
    assert!(matches!(caller.credential, Credential::Cookie(_)));
}

#[tokio::test]
async fn a_stale_hash_is_made_anew_at_the_next_login() {
    let test = TestPlatform::with(|setup| setup.auth.passwords.memory_kib = 16).await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    sign_in(&test, &user).await;
    let rows = test.database.rows("select password_hash from users").await;
    assert!(rows[0]["password_hash"].as_str().unwrap().contains("m=16,"), "{rows:?}");
    sign_in(&test, &user).await;
}

#[tokio::test]
async fn one_bad_header_is_not_saved_by_another_credential() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let session = sign_in(&test, &user).await;
    let good = session.token.expose_secret();
    for bad in ["Bearer x", "Bearer a.b.c", "Basic YTpi", &format!("Bearer {}", "x".repeat(9000))] {
        let shown = agentcy_platform::auth::Presented { cookie: Some(good), ..showing(bad) };
        assert_eq!(code(authenticate(&test.platform, &shown).await), ErrorCode::Unauthenticated);
    }
    let own = header(&session);
    let two = agentcy_platform::auth::Presented { api_key: Some("ak_live_x"), ..showing(&own) };
    assert_eq!(code(authenticate(&test.platform, &two).await), ErrorCode::Unauthenticated);
}
