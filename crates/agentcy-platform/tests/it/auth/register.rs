use agentcy_core::{ErrorCode, Role};
use agentcy_platform::{
    Result,
    auth::{Kind, NewAccount, Session, register},
    invites::{self, NewInvite},
    setup::Registration,
};
use agentcy_testkit::platform::TestPlatform;
use chrono::TimeDelta;
use secrecy::SecretString;

use super::{audited, code, fields, from, knock};

fn account(email: &str, invite: Option<&SecretString>, org: Option<&str>) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        password: "a staple of batteries".into(),
        name: "Ada".to_owned(),
        invite_token: invite.cloned(),
        org_name: org.map(ToOwned::to_owned),
        kind: Kind::Bearer,
    }
}

async fn join(test: &TestPlatform, new: NewAccount) -> Result<Session> {
    register(&test.platform, new, &from()).await
}

async fn invite(test: &TestPlatform, email: &str) -> SecretString {
    let owner = test.caller(test.org().await, Role::Owner).await;
    let new = NewInvite {
        email: email.to_owned(),
        role: Role::Viewer,
        realms: Some(agentcy_core::Realms::Only(vec!["crm".parse().unwrap()])),
        expires_in_secs: None,
    };
    invites::create(&test.platform, &owner, new).await.unwrap().commit().await.unwrap().token
}

#[tokio::test]
async fn who_was_invited_joins_as_what_they_were_invited_as_and_once() {
    let test = TestPlatform::new().await;
    let token = invite(&test, "ada@example.org").await;
    let new = account("Ada@Example.org", Some(&token), None);
    let session = join(&test, new).await.unwrap();
    let caller = knock(&test.platform, &session).await.unwrap();
    assert_eq!((caller.role, caller.realms.to_slugs()), (Role::Viewer, vec!["crm".to_owned()]));
    let again = join(&test, account("ada@example.org", Some(&token), None)).await;
    assert_eq!(fields(again), ["invite_token"]);
    assert_eq!(audited(&test, "user.register", "allowed").await, 1);
}

#[tokio::test]
async fn an_invitation_is_for_its_own_address_and_its_own_time() {
    let test = TestPlatform::new().await;
    let token = invite(&test, "ada@example.org").await;
    let other = join(&test, account("eve@example.org", Some(&token), None)).await;
    assert_eq!(fields(other), ["email"]);
    let made_up = SecretString::from("inv_made_up");
    let unknown = join(&test, account("ada@example.org", Some(&made_up), None)).await;
    assert_eq!(fields(unknown), ["invite_token"]);
    test.clock.advance(TimeDelta::days(8));
    let late = join(&test, account("ada@example.org", Some(&token), None)).await;
    assert_eq!(fields(late), ["invite_token"]);
    assert_eq!(audited(&test, "user.register", "denied").await, 3);
}

#[tokio::test]
async fn only_who_proved_an_invitation_learns_that_the_address_is_in_use() {
    let test = TestPlatform::new().await;
    let user = test.user(test.org().await, Role::Member).await;
    let made_up = SecretString::from("inv_made_up");
    let guess = join(&test, account(&user.email, Some(&made_up), None)).await;
    assert_eq!(fields(guess), ["invite_token"]);
    let token = invite(&test, &user.email).await;
    let proven = join(&test, account(&user.email, Some(&token), None)).await;
    let error = proven.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::Taken));
    assert_eq!(fields::<()>(Err(error)), ["email"]);
    let open = "select id from invites where accepted_at is null";
    assert_eq!(test.database.rows(open).await.len(), 1, "the invitation is not used up");
}

#[tokio::test]
async fn an_open_house_gives_everybody_an_org_of_their_own() {
    let test = TestPlatform::with(|setup| setup.auth.registration = Registration::Open).await;
    let new = account("ada@example.org", None, Some(" Acme "));
    let session = join(&test, new).await.unwrap();
    assert_eq!(session.user.role, Role::Owner);
    let caller = knock(&test.platform, &session).await.unwrap();
    assert!(!caller.platform_admin);
    let orgs = test.database.rows("select name from orgs").await;
    assert_eq!(orgs[0]["name"], "Acme");
    assert_eq!(test.database.rows("select slug from realms where built_in").await.len(), 5);
    let again = join(&test, account("ADA@example.org", None, Some("Other"))).await;
    assert_eq!(code(again), ErrorCode::Taken);
    assert_eq!(test.database.rows("select name from orgs").await.len(), 1);
}

#[tokio::test]
async fn a_closed_house_lets_nobody_in() {
    let test = TestPlatform::with(|setup| setup.auth.registration = Registration::Closed).await;
    let token = invite(&test, "ada@example.org").await;
    for new in [
        account("ada@example.org", Some(&token), None),
        account("ada@example.org", None, Some("Acme")),
    ] {
        let outcome = join(&test, new).await;
        assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    }
}
