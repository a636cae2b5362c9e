//! What people say of themselves.

use agentcy_core::{ErrorCode, Role};
use agentcy_platform::{
    Change,
    profile::{self, ProfileUpdate},
};
use serde_json::json;

use crate::stage::{Stage, as_key, code, refusal, user};

#[tokio::test]
async fn a_profile_keeps_what_is_not_named_and_empties_what_is_null() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let change = ProfileUpdate {
        name: Some("Ada".into()),
        avatar_url: Change::Set("https://example.org/ada.png".into()),
        preferences: Change::Set(json!({ "theme": "dark" })),
    };
    let me = profile::update(platform, &viewer, change).await.unwrap();
    assert_eq!(me.profile.name, "Ada");
    let change = ProfileUpdate { avatar_url: Change::Clear, ..ProfileUpdate::default() };
    profile::update(platform, &viewer, change).await.unwrap();
    let me = profile::read(platform, &viewer).await.unwrap();
    assert_eq!((me.profile.name.as_str(), me.profile.avatar_url), ("Ada", None));
    assert_eq!(me.profile.preferences, json!({ "theme": "dark" }));
    let change = ProfileUpdate { preferences: Change::Clear, ..ProfileUpdate::default() };
    let me = profile::update(platform, &viewer, change).await.unwrap();
    assert_eq!(me.profile.preferences, json!({}));
    profile::update(platform, &viewer, ProfileUpdate::default()).await.unwrap();
    let rows = stage.audit("profile.update").await;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["details"], json!({ "changed": ["name", "avatar_url", "preferences"] }));
}

#[tokio::test]
async fn every_fault_of_a_profile_is_told_at_once() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let viewer = stage.member(org, Role::Viewer).await;
    for (avatar, preferences) in [
        ("javascript:alert(1)", json!([])),
        ("/ada.png", json!({ "a": "x\0" })),
        (&format!("https://example.org/{}", "a".repeat(2048)), json!({ "a": "x".repeat(16_384) })),
    ] {
        let change = ProfileUpdate {
            name: Some("a".repeat(101)),
            avatar_url: Change::Set(avatar.to_owned()),
            preferences: Change::Set(preferences),
        };
        let outcome = profile::update(&stage.platform, &viewer, change).await;
        let paths = ["name", "avatar_url", "preferences"].map(str::to_owned).to_vec();
        assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths));
    }
}

#[tokio::test]
async fn people_see_all_their_orgs_but_those_that_shut_them_out() {
    let stage = Stage::new().await;
    let (org, second, third) = (stage.org().await, stage.org().await, stage.org().await);
    let ada = stage.member(org, Role::Owner).await;
    let id = uuid::Uuid::from(user(&ada));
    for (other, disabled) in [(second, "null"), (third, "now()")] {
        let other = uuid::Uuid::from(other);
        stage
            .database
            .execute(&format!(
                "insert into memberships values ('{other}', '{id}', 'viewer', '{{crm}}', {disabled}, now(), now())"
            ))
            .await;
    }
    let me = profile::read(&stage.platform, &ada).await.unwrap();
    let mut orgs: Vec<_> = me.memberships.iter().map(|place| (place.org_id, place.role)).collect();
    orgs.sort_by_key(|(org, _)| *org);
    assert_eq!(orgs, [(org, Role::Owner), (second, Role::Viewer)]);
}

#[tokio::test]
async fn a_key_has_no_profile() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let key = as_key(&stage.member(org, Role::Owner).await);
    let read = profile::read(&stage.platform, &key).await;
    assert_eq!(code(read), ErrorCode::InsufficientRole);
    let update = profile::update(&stage.platform, &key, ProfileUpdate::default()).await;
    assert_eq!(code(update), ErrorCode::InsufficientRole);
}
