//! Members: who may change whom, and the owner who stays.

use std::collections::HashSet;

use agentcy_core::{ErrorCode, Limit, Role};
use agentcy_platform::{
    PageRequest,
    users::{self, MemberUpdate},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::stage::{Stage, as_key, code, only, refusal, user};

fn to_role(role: Role) -> MemberUpdate {
    MemberUpdate { role: Some(role), ..MemberUpdate::default() }
}

fn disable(disabled: bool) -> MemberUpdate {
    MemberUpdate { disabled: Some(disabled), ..MemberUpdate::default() }
}

#[tokio::test]
async fn nobody_gives_changes_or_removes_a_role_above_their_own() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    stage.member(org, Role::Owner).await;
    for actor_role in Role::ALL {
        let actor = stage.member(org, actor_role).await;
        for before in Role::ALL {
            for after in Role::ALL {
                let target = user(&stage.member(org, before).await);
                let outcome = users::update(&stage.platform, &actor, target, to_role(after)).await;
                let may = actor_role >= Role::Admin && before <= actor_role && after <= actor_role;
                if may {
                    assert_eq!(outcome.unwrap().role, after);
                } else {
                    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
                }
            }
            let target = user(&stage.member(org, before).await);
            let outcome = users::remove(&stage.platform, &actor, target).await;
            if actor_role >= Role::Admin && before <= actor_role {
                outcome.unwrap();
            } else {
                assert_eq!(code(outcome), ErrorCode::InsufficientRole);
            }
        }
    }
}

#[tokio::test]
async fn a_denied_change_is_audited_and_changes_nothing() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = user(&stage.member(org, Role::Owner).await);
    let admin = stage.member(org, Role::Admin).await;
    let outcome = users::update(&stage.platform, &admin, owner, to_role(Role::Viewer)).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    let rows = stage.audit("user.update").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["decision"], "denied");
    let found = stage.database.rows("select role from memberships where role = 'owner'").await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn of_racing_demotions_one_owner_is_left() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let mut owners = Vec::new();
    for _ in 0..32 {
        owners.push(stage.member(org, Role::Owner).await);
    }
    let mut races = JoinSet::new();
    for (index, owner) in owners.iter().enumerate() {
        // Some go, some are shut out, some step down themselves, some are pushed by a neighbour.
        let (platform, own) = (stage.platform.clone(), owner.clone());
        let target = user(&owners[(index + index % 2) % owners.len()]);
        races.spawn(async move {
            match index % 3 {
                0 => {
                    users::update(&platform, &own, target, to_role(Role::Member)).await.map(|_| ())
                }
                1 => users::update(&platform, &own, target, disable(true)).await.map(|_| ()),
                _ => users::remove(&platform, &own, target).await,
            }
        });
    }
    let outcomes = races.join_all().await;
    for outcome in outcomes {
        match outcome.err().map(|error| error.code()) {
            None => {}
            Some(code) => assert!(
                matches!(
                    code,
                    Some(ErrorCode::LastOwner | ErrorCode::InsufficientRole | ErrorCode::NotFound)
                ),
                "{code:?}"
            ),
        }
    }
    let active = "select user_id from memberships where role = 'owner' and disabled_at is null";
    assert!(!stage.database.rows(active).await.is_empty());
}

#[tokio::test]
async fn of_owners_who_all_step_down_at_once_exactly_one_stays() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let mut races = JoinSet::new();
    let mut owners = Vec::new();
    for _ in 0..32 {
        owners.push(stage.member(org, Role::Owner).await);
    }
    for owner in owners {
        let platform = stage.platform.clone();
        races.spawn(async move {
            users::update(&platform, &owner, user(&owner), to_role(Role::Admin)).await
        });
    }
    let refused: Vec<_> = races.join_all().await.into_iter().filter(Result::is_err).collect();
    assert_eq!(refused.len(), 1);
    for outcome in refused {
        assert_eq!(code(outcome), ErrorCode::LastOwner);
    }
    let owners = "select user_id from memberships where role = 'owner' and disabled_at is null";
    assert_eq!(stage.database.rows(owners).await.len(), 1);
}

#[tokio::test]
async fn a_disabled_owner_does_not_count_as_one_who_stays() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let second = user(&stage.member(org, Role::Owner).await);
    let platform = &stage.platform;
    users::update(platform, &owner, second, disable(true)).await.unwrap();
    for outcome in [
        users::update(platform, &owner, user(&owner), disable(true)).await.map(|_| ()),
        users::update(platform, &owner, user(&owner), to_role(Role::Admin)).await.map(|_| ()),
        users::remove(platform, &owner, user(&owner)).await,
    ] {
        assert_eq!(code(outcome), ErrorCode::LastOwner);
    }
    users::remove(platform, &owner, second).await.unwrap();
}

#[tokio::test]
async fn a_member_of_another_org_answers_as_an_unknown_one() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let owner = stage.member(org, Role::Owner).await;
    let foreign = user(&stage.member(other, Role::Viewer).await);
    let unknown = "usr_01976b4e-7c00-7000-8000-000000000000".parse().unwrap();
    let said = async |id| {
        let update = users::update(&stage.platform, &owner, id, disable(true)).await;
        let remove = users::remove(&stage.platform, &owner, id).await;
        (update.unwrap_err().to_string(), code(remove))
    };
    assert_eq!(said(foreign).await, said(unknown).await);
    assert_eq!(said(foreign).await.1, ErrorCode::NotFound);
    let listed = users::list(&stage.platform, &owner, None, PageRequest::default()).await.unwrap();
    assert!(listed.items.iter().all(|member| member.user_id != foreign));
}

#[tokio::test]
async fn who_is_shut_out_or_removed_has_no_session_left() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let (first, second) =
        (stage.member(org, Role::Member).await, stage.member(org, Role::Member).await);
    stage
        .database
        .execute(
            "insert into sessions (id, org_id, user_id, kind, created_at, refreshed_at, expires_at)
             select gen_random_uuid(), org_id, user_id, 'bearer', now(), now(), now() from memberships",
        )
        .await;
    let after = users::update(&stage.platform, &owner, user(&first), disable(true)).await.unwrap();
    assert!(after.disabled_at.is_some());
    assert_eq!(after.last_active_at, None);
    users::remove(&stage.platform, &owner, user(&second)).await.unwrap();
    let left = stage.database.rows("select user_id from sessions where revoked_at is null").await;
    assert_eq!(left, [json!({ "user_id": uuid::Uuid::from(user(&owner)) })]);
    let back = users::update(&stage.platform, &owner, user(&first), disable(false)).await.unwrap();
    assert_eq!(back.disabled_at, None);
}

#[tokio::test]
async fn whoever_was_shut_out_a_moment_ago_changes_nobody() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let admin = stage.member(org, Role::Admin).await;
    let target = user(&stage.member(org, Role::Viewer).await);
    users::update(&stage.platform, &owner, user(&admin), disable(true)).await.unwrap();
    let outcome = users::update(&stage.platform, &admin, target, to_role(Role::Admin)).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn realms_are_known_ones_and_those_of_the_giver() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let target = user(&stage.member(org, Role::Member).await);
    let give =
        |slugs: &[&str]| MemberUpdate { realms: Some(only(slugs)), ..MemberUpdate::default() };
    let platform = &stage.platform;
    let unknown = users::update(platform, &owner, target, give(&["crm", "attic"])).await;
    assert_eq!(refusal(unknown), (ErrorCode::UnknownRealm, vec!["realms".to_owned()]));
    // What lies beyond a giver's realms answers alike, there or not.
    for beyond in [&["data"], &["attic"]] {
        let outcome = users::update(platform, &limited, target, give(beyond)).await;
        assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    }
    let after = users::update(platform, &limited, target, give(&["crm"])).await.unwrap();
    assert_eq!(after.realms, only(&["crm"]));
    let raised = users::update(platform, &limited, user(&limited), give(&["crm", "data"])).await;
    assert_eq!(code(raised), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn nobody_raises_or_lets_back_in_whoever_sees_realms_that_they_do_not() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let (wide, inside) = (
        user(&stage.member(org, Role::Viewer).await),
        user(&stage.member_of(org, Role::Viewer, only(&["crm"])).await),
    );
    let platform = &stage.platform;
    let raised = users::update(platform, &limited, wide, to_role(Role::Admin)).await;
    assert_eq!(code(raised), ErrorCode::InsufficientRole);
    assert!(users::update(platform, &limited, inside, to_role(Role::Admin)).await.is_ok());
    // Taking away is another matter than giving.
    assert!(users::update(platform, &limited, wide, disable(true)).await.is_ok());
    let back = users::update(platform, &limited, wide, disable(false)).await;
    assert_eq!(code(back), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_list_of_realms_has_an_end() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let target = user(&stage.member(org, Role::Member).await);
    let slugs: Vec<String> = (0..101).map(|number| format!("realm-{number}")).collect();
    let realms = Some(agentcy_core::Realms::from_slugs(&slugs).unwrap());
    let change = MemberUpdate { realms, ..MemberUpdate::default() };
    let outcome = users::update(&stage.platform, &owner, target, change).await;
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, vec!["realms".to_owned()]));
}

#[tokio::test]
async fn a_key_sees_members_and_changes_none() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let target = user(&stage.member(org, Role::Viewer).await);
    let key = as_key(&owner);
    let listed = users::list(&stage.platform, &key, None, PageRequest::default()).await.unwrap();
    assert_eq!(listed.total, 2);
    let outcome = users::update(&stage.platform, &key, target, disable(true)).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    let viewer = stage.member(org, Role::Viewer).await;
    let denied = users::list(&stage.platform, &viewer, None, PageRequest::default()).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn pages_go_through_all_members_once_and_belong_to_their_query() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    for _ in 0..6 {
        stage.member(org, Role::Viewer).await;
    }
    let mut page = PageRequest { limit: Limit::new(3).unwrap(), cursor: None };
    let (mut seen, mut times) = (HashSet::new(), Vec::new());
    loop {
        let listed = users::list(&stage.platform, &owner, None, page.clone()).await.unwrap();
        assert_eq!((listed.total, listed.total_capped), (7, false));
        seen.extend(listed.items.iter().map(|member| member.user_id));
        times.extend(listed.items.iter().map(|member| member.created_at));
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!((seen.len(), times.len()), (7, 7));
    assert!(times.is_sorted_by(|newer, older| newer >= older));
    let viewers = Some("VIEWER".to_owned());
    let foreign = users::list(&stage.platform, &owner, viewers.clone(), page).await;
    assert_eq!(code(foreign), ErrorCode::InvalidCursor);
    let found = users::list(&stage.platform, &owner, viewers, PageRequest::default()).await;
    assert_eq!(found.unwrap().total, 6);
    let wild = users::list(&stage.platform, &owner, Some("%".into()), PageRequest::default()).await;
    assert_eq!(wild.unwrap().total, 0);
    let nul = users::list(&stage.platform, &owner, Some("\0".into()), PageRequest::default()).await;
    assert_eq!(refusal(nul), (ErrorCode::Invalid, vec!["q".to_owned()]));
}

#[tokio::test]
async fn each_change_leaves_its_audit_row_and_no_change_none() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let target = user(&stage.member(org, Role::Viewer).await);
    users::update(&stage.platform, &owner, target, to_role(Role::Viewer)).await.unwrap();
    assert!(stage.audit("user.update").await.is_empty());
    users::update(&stage.platform, &owner, target, to_role(Role::Admin)).await.unwrap();
    users::remove(&stage.platform, &owner, target).await.unwrap();
    let rows = stage.audit("user.update").await;
    assert_eq!(rows[0]["details"]["before"]["role"], "viewer");
    assert_eq!(rows[0]["details"]["after"]["role"], "admin");
    assert_eq!(rows[0]["actor"], user(&owner).to_string());
    assert_eq!(rows[0]["target"], target.to_string());
    assert_eq!(stage.audit("user.remove").await.len(), 1);
}
