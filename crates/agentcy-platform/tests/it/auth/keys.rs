use agentcy_core::{Caller, Clock, ErrorCode, Role};
use agentcy_platform::{
    Result,
    api_keys::{self, NewApiKey},
    auth::{Presented, authenticate, authenticate_worker, logout, refresh},
};
use agentcy_testkit::platform::TestPlatform;
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use super::{code, showing};

fn new() -> NewApiKey {
    NewApiKey {
        name: "deploy".to_owned(),
        role: Role::Member,
        realms: None,
        expires_at: None,
        allowed_ips: Vec::new(),
        notes: String::new(),
        can_approve: false,
    }
}

async fn make(
    test: &TestPlatform,
    owner: &Caller,
    new: NewApiKey,
) -> (agentcy_core::id::KeyId, SecretString) {
    let issued =
        api_keys::create(&test.platform, owner, new).await.unwrap().commit().await.unwrap();
    (issued.key.id, issued.secret)
}

async fn show(test: &TestPlatform, key: &SecretString, ip: Option<&str>) -> Result<Caller> {
    let ip = ip.map(|ip| ip.parse().unwrap());
    let shown = Presented { api_key: Some(key.expose_secret()), ip, ..Presented::default() };
    authenticate(&test.platform, &shown).await
}

#[tokio::test]
async fn a_key_opens_in_either_header_with_its_own_role() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let (id, key) = make(&test, &owner, new()).await;
    let caller = show(&test, &key, None).await.unwrap();
    assert_eq!((caller.principal, caller.role), (agentcy_core::Principal::Key(id), Role::Member));
    assert!(!caller.can_approve && !caller.platform_admin);
    let bearer = format!("bearer {}", key.expose_secret());
    assert!(authenticate(&test.platform, &showing(&bearer)).await.is_ok());
    let changed = if key.expose_secret().ends_with('0') { '1' } else { '0' };
    let shown_key = key.expose_secret();
    let forged = SecretString::from(format!("{}{changed}", &shown_key[..shown_key.len() - 1]));
    assert_eq!(code(show(&test, &forged, None).await), ErrorCode::Unauthenticated);
    let stored = test.database.rows("select secret_hash::text, fingerprint from api_keys").await;
    assert!(!stored[0].to_string().contains(&shown_key[shown_key.len() - 64..]));
}

#[tokio::test]
async fn a_rotated_secret_is_good_until_its_grace_is_over() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let (id, old) = make(&test, &owner, new()).await;
    let draft = api_keys::rotate(&test.platform, &owner, id, Some(60)).await.unwrap();
    let fresh = draft.commit().await.unwrap().secret;
    assert!(show(&test, &old, None).await.is_ok() && show(&test, &fresh, None).await.is_ok());
    test.clock.advance(TimeDelta::seconds(61));
    assert_eq!(code(show(&test, &old, None).await), ErrorCode::Unauthenticated);
    assert!(show(&test, &fresh, None).await.is_ok());
}

#[tokio::test]
async fn an_expired_or_revoked_key_opens_nothing() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let ends = Some(test.clock.now() + TimeDelta::hours(1));
    let (_, brief) = make(&test, &owner, NewApiKey { expires_at: ends, ..new() }).await;
    let (id, revoked) = make(&test, &owner, NewApiKey { name: "other".into(), ..new() }).await;
    assert!(show(&test, &brief, None).await.is_ok() && show(&test, &revoked, None).await.is_ok());
    api_keys::revoke(&test.platform, &owner, id).await.unwrap();
    test.clock.advance_past_caches();
    assert_eq!(code(show(&test, &revoked, None).await), ErrorCode::Unauthenticated);
    test.clock.advance(TimeDelta::hours(1));
    assert_eq!(code(show(&test, &brief, None).await), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn the_address_is_judged_for_each_request() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let limited = NewApiKey { allowed_ips: vec!["203.0.113.0/24".to_owned()], ..new() };
    let (_, key) = make(&test, &owner, limited).await;
    // All in one moment, so that the look-up is shared.
    assert!(show(&test, &key, Some("203.0.113.9")).await.is_ok());
    assert_eq!(code(show(&test, &key, Some("198.51.100.1")).await), ErrorCode::Unauthenticated);
    assert_eq!(code(show(&test, &key, None).await), ErrorCode::Unauthenticated);
    assert!(show(&test, &key, Some("203.0.113.10")).await.is_ok());
}

#[tokio::test]
async fn the_last_use_is_written_at_most_once_a_minute() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let (_, key) = make(&test, &owner, new()).await;
    let used = async || {
        let rows = test.database.rows("select last_used_at from api_keys").await;
        rows[0]["last_used_at"].as_str().map(ToOwned::to_owned)
    };
    assert_eq!(used().await, None);
    show(&test, &key, None).await.unwrap();
    let first = used().await;
    assert!(first.is_some());
    test.clock.advance(TimeDelta::seconds(59));
    show(&test, &key, None).await.unwrap();
    assert_eq!(used().await, first);
    test.clock.advance(TimeDelta::seconds(1));
    show(&test, &key, None).await.unwrap();
    assert_ne!(used().await, first);
}

#[tokio::test]
async fn a_key_neither_refreshes_nor_signs_out() {
    let test = TestPlatform::new().await;
    let owner = test.caller(test.org().await, Role::Owner).await;
    let (_, key) = make(&test, &owner, NewApiKey { role: Role::Owner, ..new() }).await;
    let shown = Presented { api_key: Some(key.expose_secret()), ..Presented::default() };
    assert_eq!(code(refresh(&test.platform, &shown).await), ErrorCode::InsufficientRole);
    let caller = show(&test, &key, None).await.unwrap();
    assert_eq!(code(logout(&test.platform, &caller).await), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_worker_shows_the_workers_token_and_nothing_else() {
    let token = "0123456789abcdef0123456789abcdef";
    let test = TestPlatform::with(|setup| setup.auth.worker_token = Some(token.into())).await;
    assert!(authenticate_worker(&test.platform, Some(&format!("Bearer {token}"))).is_ok());
    for bad in [None, Some("Bearer "), Some(token), Some("Bearer 0123456789abcdef0123456789abcdeF")]
    {
        assert_eq!(code(authenticate_worker(&test.platform, bad)), ErrorCode::Unauthenticated);
    }
    let without = TestPlatform::with(|setup| setup.auth.worker_token = None).await;
    assert_eq!(
        code(authenticate_worker(&without.platform, Some("Bearer "))),
        ErrorCode::Unauthenticated
    );
}
