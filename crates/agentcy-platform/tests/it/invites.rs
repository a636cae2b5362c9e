//! Invitations: one per e-mail, never to more than one has.

use agentcy_core::{ErrorCode, Role};
use agentcy_platform::{
    PageRequest,
    invites::{self, NewInvite},
};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::stage::{Stage, as_key, code, only, refusal, user};

fn new(email: &str, role: Role) -> NewInvite {
    NewInvite { email: email.to_owned(), role, realms: None, expires_in_secs: None }
}

#[tokio::test]
async fn nobody_invites_or_withdraws_above_their_own_role() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    for inviter in Role::ALL {
        let caller = stage.member(org, inviter).await;
        for role in Role::ALL {
            let email = format!("{role}.{inviter}@example.org");
            let outcome = invites::create(&stage.platform, &caller, new(&email, role)).await;
            if inviter >= Role::Admin && role <= inviter {
                assert_eq!(outcome.unwrap().value().invite.role, role);
            } else {
                assert_eq!(code(outcome), ErrorCode::InsufficientRole);
            }
        }
    }
    let top = invites::create(&stage.platform, &owner, new("top@example.org", Role::Owner)).await;
    let top = top.unwrap().commit().await.unwrap().invite.id;
    let admin = stage.member(org, Role::Admin).await;
    let denied = invites::revoke(&stage.platform, &admin, top).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
    invites::revoke(&stage.platform, &as_key(&owner), top).await.unwrap();
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let wide = NewInvite { realms: Some(only(&["data"])), ..new("w@example.org", Role::Viewer) };
    let denied = invites::create(&stage.platform, &limited, wide).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn an_email_has_one_open_invitation_and_an_expired_one_is_replaced() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let platform = &stage.platform;
    let first = invites::create(platform, &owner, new("ada@example.org", Role::Member)).await;
    let first = first.unwrap().commit().await.unwrap().invite;
    assert_eq!(first.expires_at - first.created_at, TimeDelta::days(7));
    let taken = invites::create(platform, &owner, new("ADA@example.org", Role::Viewer)).await;
    assert_eq!(refusal(taken), (ErrorCode::Taken, vec!["email".to_owned()]));
    stage.clock.advance(TimeDelta::days(8));
    let listed = invites::list(platform, &owner, PageRequest::default()).await.unwrap();
    assert_eq!((listed.items.len(), listed.total), (0, 0));
    assert_eq!(code(invites::revoke(platform, &owner, first.id).await), ErrorCode::NotFound);
    let second = invites::create(platform, &owner, new("ada@example.org", Role::Viewer)).await;
    let second = second.unwrap().commit().await.unwrap().invite;
    let listed = invites::list(platform, &owner, PageRequest::default()).await.unwrap();
    assert_eq!(listed.items, [second]);
}

#[tokio::test]
async fn a_member_is_not_invited_again() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let email = format!("{}@EXAMPLE.org", user(&owner));
    let taken = invites::create(&stage.platform, &owner, new(&email, Role::Viewer)).await;
    assert_eq!(refusal(taken), (ErrorCode::Taken, vec!["email".to_owned()]));
}

#[tokio::test]
async fn an_invitation_of_another_org_answers_as_an_unknown_one() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let owner = stage.member(org, Role::Owner).await;
    let stranger = stage.member(other, Role::Owner).await;
    let platform = &stage.platform;
    let theirs = invites::create(platform, &stranger, new("a@example.org", Role::Viewer)).await;
    let theirs = theirs.unwrap().commit().await.unwrap().invite.id;
    assert_eq!(code(invites::revoke(platform, &owner, theirs).await), ErrorCode::NotFound);
    assert_eq!(invites::list(platform, &owner, PageRequest::default()).await.unwrap().total, 0);
    let own = invites::create(platform, &owner, new("a@example.org", Role::Viewer)).await;
    own.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_bad_invitation_names_each_fault() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let bad = NewInvite { expires_in_secs: Some(1), ..new("nobody", Role::Viewer) };
    let outcome = invites::create(&stage.platform, &owner, bad).await;
    let paths = vec!["email".to_owned(), "expires_in_secs".to_owned()];
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths));
    let lost = NewInvite { realms: Some(only(&["attic"])), ..new("a@example.org", Role::Viewer) };
    let outcome = invites::create(&stage.platform, &owner, lost).await;
    assert_eq!(refusal(outcome), (ErrorCode::UnknownRealm, vec!["realms".to_owned()]));
}

#[tokio::test]
async fn the_token_is_neither_kept_nor_audited() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let draft = invites::create(&stage.platform, &owner, new("a@example.org", Role::Viewer)).await;
    let issued = draft.unwrap().commit().await.unwrap();
    invites::revoke(&stage.platform, &owner, issued.invite.id).await.unwrap();
    let draft = invites::create(&stage.platform, &owner, new("a@example.org", Role::Viewer)).await;
    let second = draft.unwrap().commit().await.unwrap();
    let kept = json!([
        stage.database.rows("select * from invites").await,
        stage.database.rows("select * from audit").await,
    ])
    .to_string();
    for token in [issued.token, second.token] {
        let token = token.expose_secret();
        let random = token.strip_prefix("inv_").unwrap();
        assert!(!kept.contains(random) && !kept.contains(&hex::encode(token)));
    }
    assert_eq!(stage.audit("invite.create").await.len(), 2);
    assert_eq!(stage.audit("invite.revoke").await.len(), 1);
}
