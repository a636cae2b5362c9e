use agentcy_core::{ErrorCode, Realms, Role};
use agentcy_platform::auth::{Login, PasswordChange, change_password, login};
use agentcy_testkit::platform::{PASSWORD, TestPlatform};

use super::{audited, code, fields, from, knock, sign_in, with};

const NEXT: &str = "a staple of batteries";

fn change(old: &str, new: &str) -> PasswordChange {
    PasswordChange { old_password: old.into(), new_password: new.into() }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_in_every_org() {
    let test = TestPlatform::new().await;
    let (one, two) = (test.org().await, test.org().await);
    let user = test.user(one, Role::Member).await;
    test.join(two, user.id, Role::Viewer, &Realms::All).await;
    let mine = sign_in(&test, &user).await;
    let here = sign_in(&test, &user).await;
    let there = Login { org_id: Some(two), ..with(&user.email, PASSWORD) };
    let there = login(&test.platform, there, &from()).await.unwrap();
    let other = sign_in(&test, &test.user(one, Role::Member).await).await;
    let caller = knock(&test.platform, &mine).await.unwrap();
    knock(&test.platform, &here).await.unwrap();
    change_password(&test.platform, &caller, change(PASSWORD, NEXT)).await.unwrap();
    for ended in [&here, &there] {
        assert_eq!(code(knock(&test.platform, ended).await), ErrorCode::Unauthenticated);
    }
    for kept in [&mine, &other] {
        assert!(knock(&test.platform, kept).await.is_ok());
    }
    let old = login(&test.platform, with(&user.email, PASSWORD), &from()).await;
    assert_eq!(code(old), ErrorCode::InvalidCredentials);
    assert!(login(&test.platform, with(&user.email, NEXT), &from()).await.is_ok());
    assert_eq!(audited(&test, "password.change", "allowed").await, 1);
    let leaked = format!("select id from audit where details::text like '%{NEXT}%'");
    assert!(test.database.rows(&leaked).await.is_empty());
}

#[tokio::test]
async fn the_old_password_must_fit_and_the_new_one_must_be_good() {
    let test = TestPlatform::new().await;
    let org = test.org().await;
    let user = test.user(org, Role::Member).await;
    let caller = test.calling(&user);
    let try_with = async |old: &str, new: &str| {
        fields(change_password(&test.platform, &caller, change(old, new)).await)
    };
    assert_eq!(try_with("not it", NEXT).await, ["old_password"]);
    assert_eq!(try_with(PASSWORD, "admin").await, ["new_password"]);
    assert_eq!(try_with(PASSWORD, &user.email).await, ["new_password"]);
    assert_eq!(try_with("not it", "short").await, ["old_password", "new_password"]);
    assert!(login(&test.platform, with(&user.email, PASSWORD), &from()).await.is_ok());
}

#[tokio::test]
async fn a_key_changes_no_password() {
    let test = TestPlatform::new().await;
    let caller = test.caller(test.org().await, Role::Owner).await;
    let outcome =
        change_password(&test.platform, &test.as_key(&caller), change(PASSWORD, NEXT)).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
}
