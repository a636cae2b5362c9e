//! The org's settings, its features, its realms.

use agentcy_core::{
    ErrorCode, Feature, Limit, Role,
    tool::{ApprovalDefault, ApprovalDefaults},
};
use agentcy_platform::{
    Change, PageRequest, features, realms,
    settings::{self, SecurityUpdate, SettingsUpdate},
};
use serde_json::json;

use crate::stage::{Stage, as_key, code, only, refusal};

fn zone(name: &str) -> SettingsUpdate {
    SettingsUpdate { timezone: Some(name.to_owned()), ..SettingsUpdate::default() }
}

#[tokio::test]
async fn settings_change_field_by_field_and_each_change_is_audited() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let change = SettingsUpdate {
        name: Some("Difference Engines".into()),
        timezone: Some("Europe/Berlin".into()),
        retention_days: Change::Set(90),
        remote_workers: Some(true),
        oidc_issuer: Change::Set("https://id.example.org".into()),
    };
    let after = settings::update(platform, &owner, change).await.unwrap();
    assert_eq!(settings::read(platform, &viewer).await.unwrap(), after);
    let change = SettingsUpdate { retention_days: Change::Clear, ..SettingsUpdate::default() };
    let after = settings::update(platform, &owner, change).await.unwrap();
    assert_eq!((after.retention_days, after.timezone.as_str()), (None, "Europe/Berlin"));
    settings::update(platform, &owner, zone("Europe/Berlin")).await.unwrap();
    let rows = stage.audit("settings.update").await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["details"]["changed"]["remote_workers"], true);
    assert_eq!(rows[1]["details"], json!({ "changed": { "retention_days": null } }));
    let denied = settings::update(platform, &viewer, zone("UTC")).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn only_an_owner_lets_workers_and_an_issuer_in() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let issuer = Change::Set("https://id.example.org".to_owned());
    for change in [
        SettingsUpdate { remote_workers: Some(true), ..SettingsUpdate::default() },
        SettingsUpdate { oidc_issuer: issuer, ..SettingsUpdate::default() },
        SettingsUpdate { oidc_issuer: Change::Clear, ..SettingsUpdate::default() },
    ] {
        let outcome = settings::update(&stage.platform, &admin, change).await;
        assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    }
    settings::update(&stage.platform, &admin, zone("UTC")).await.unwrap();
}

#[tokio::test]
async fn a_time_zone_is_one_that_the_world_knows() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    for good in ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
        settings::update(&stage.platform, &admin, zone(good)).await.unwrap();
    }
    let long = "a".repeat(65);
    for bad in ["", "Mars/Olympus", "europe/berlin ", "posix/UTC", "localtime", "'", "a\0", &long] {
        let outcome = settings::update(&stage.platform, &admin, zone(bad)).await;
        assert_eq!(refusal(outcome), (ErrorCode::Invalid, vec!["timezone".to_owned()]), "{bad}");
    }
    let bad = SettingsUpdate {
        name: Some(String::new()),
        retention_days: Change::Set(0),
        ..zone("Mars/Olympus")
    };
    let paths = ["name", "timezone", "retention_days"].map(str::to_owned).to_vec();
    let outcome = settings::update(&stage.platform, &admin, bad).await;
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths));
}

#[tokio::test]
async fn settings_of_one_org_are_not_those_of_another() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let owner = stage.member(org, Role::Owner).await;
    let stranger = stage.member(other, Role::Owner).await;
    settings::update(&stage.platform, &owner, zone("Asia/Tokyo")).await.unwrap();
    assert_eq!(settings::read(&stage.platform, &stranger).await.unwrap().timezone, "UTC");
}

#[tokio::test]
async fn approvals_wait_ten_seconds_to_seven_days() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let platform = &stage.platform;
    let start = settings::read_security(platform, &admin).await.unwrap();
    assert_eq!((start.approval_timeout_secs, start.require_other), (300, false));
    assert_eq!(start.approval_defaults, ApprovalDefaults::default());
    let wait =
        |secs| SecurityUpdate { approval_timeout_secs: Some(secs), ..SecurityUpdate::default() };
    for bad in [9, 604_801, -1] {
        let outcome = settings::update_security(platform, &admin, wait(bad)).await;
        assert_eq!(refusal(outcome).1, ["approval_timeout_secs"]);
    }
    let change = SecurityUpdate {
        approval_defaults: Some(ApprovalDefaults {
            write: ApprovalDefault::Allow,
            ..ApprovalDefaults::default()
        }),
        require_other: Some(true),
        ..wait(604_800)
    };
    let after = settings::update_security(platform, &admin, change).await.unwrap();
    assert_eq!(settings::read_security(platform, &admin).await.unwrap(), after);
    assert_eq!(stage.audit("settings.security.update").await.len(), 1);
    let by_key = settings::update_security(platform, &as_key(&admin), wait(60)).await;
    assert_eq!(code(by_key), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_feature_is_switched_only_where_it_could_be_on() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let admin = stage.member(org, Role::Admin).await;
    let platform = &stage.platform;
    assert!(features::read(platform, &admin).await.unwrap().has(Feature::Workers));
    let denied = features::update(platform, &admin, &[(Feature::Workers, false)]).await;
    assert_eq!(code(denied), ErrorCode::InsufficientRole);
    let mixed = [(Feature::Workers, false), (Feature::Rag, true), (Feature::Voice, false)];
    let outcome = features::update(platform, &owner, &mixed).await;
    let paths = ["rag", "voice"].map(str::to_owned).to_vec();
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths));
    assert!(features::read(platform, &admin).await.unwrap().has(Feature::Workers));
    let after = features::update(platform, &owner, &[(Feature::Workers, false)]).await.unwrap();
    assert!(!after.has(Feature::Workers));
    assert!(!features::read(platform, &admin).await.unwrap().has(Feature::Workers));
    let rows = stage.audit("settings.features.update").await;
    let decisions: Vec<_> = rows.iter().map(|row| &row["decision"]).collect();
    assert_eq!(decisions, ["denied", "allowed"]);
}

#[tokio::test]
async fn realms_show_to_those_who_have_them_page_by_page() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let limit = Limit::new(2).unwrap();
    let (mut cursor, mut slugs) = (None, Vec::new());
    loop {
        let listed = realms::list(platform, &viewer, PageRequest { limit, cursor }).await.unwrap();
        assert_eq!(listed.total, 5);
        slugs.extend(listed.items.into_iter().map(|info| info.realm.to_string()));
        cursor = listed.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(slugs, ["crm", "data", "design", "development", "infrastructure"]);
    let limited = stage.member_of(org, Role::Viewer, only(&["data", "attic"])).await;
    let listed = realms::list(platform, &limited, PageRequest::default()).await.unwrap();
    assert_eq!((listed.total, listed.items[0].realm.as_str()), (1, "data"));
    assert_eq!(realms::available(platform, &limited).await.unwrap(), listed.items);
}
