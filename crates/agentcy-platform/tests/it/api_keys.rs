//! API keys: what they may be given, and their life from making to end.

use agentcy_core::{ErrorCode, Principal, Role, id::KeyId};
use agentcy_platform::{
    PageRequest,
    api_keys::{self, IssuedKey, NewApiKey},
};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::stage::{Stage, as_key, code, only, refusal, user};

fn new(name: &str, role: Role) -> NewApiKey {
    NewApiKey {
        name: name.to_owned(),
        role,
        realms: None,
        expires_at: None,
        allowed_ips: Vec::new(),
        notes: String::new(),
        can_approve: false,
    }
}

async fn made(stage: &Stage, caller: &agentcy_core::Caller, key: NewApiKey) -> IssuedKey {
    let draft = api_keys::create(&stage.platform, caller, key).await.unwrap();
    draft.commit().await.unwrap()
}

async fn row(stage: &Stage) -> Value {
    stage.database.rows("select * from api_keys").await.remove(0)
}

#[tokio::test]
async fn a_key_gets_no_more_than_its_maker_has() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    for maker in Role::ALL {
        let caller = stage.member(org, maker).await;
        for role in Role::ALL {
            let name = format!("{role} by {maker}");
            let outcome = api_keys::create(&stage.platform, &caller, new(&name, role)).await;
            if maker >= Role::Admin && role <= maker {
                assert_eq!(outcome.unwrap().value().key.role, role);
            } else {
                assert_eq!(code(outcome), ErrorCode::InsufficientRole);
            }
        }
    }
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let wide = NewApiKey { realms: Some(only(&["crm", "data"])), ..new("wide", Role::Viewer) };
    let outcome = api_keys::create(&stage.platform, &limited, wide).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    let own = made(&stage, &limited, new("own", Role::Viewer)).await;
    assert_eq!(own.key.realms, only(&["crm"]));
    let owner = stage.member(org, Role::Owner).await;
    let lost = NewApiKey { realms: Some(only(&["attic"])), ..new("lost", Role::Viewer) };
    let outcome = api_keys::create(&stage.platform, &owner, lost).await;
    assert_eq!(refusal(outcome), (ErrorCode::UnknownRealm, vec!["realms".to_owned()]));
    let by_key = api_keys::create(&stage.platform, &as_key(&owner), new("k", Role::Viewer)).await;
    assert_eq!(code(by_key), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn every_fault_of_a_new_key_is_told_at_once() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let texts = ["10.0.0.7", "10.0.0.9/8", "::ffff:10.0.0.1", "2001:db8::1/32", "10.0.0.0/33", "x"];
    let bad = NewApiKey {
        name: " ".into(),
        notes: "a\0".into(),
        expires_at: Some(chrono::DateTime::UNIX_EPOCH),
        allowed_ips: texts.map(str::to_owned).to_vec(),
        ..new("", Role::Viewer)
    };
    let outcome = api_keys::create(&stage.platform, &owner, bad.clone()).await;
    let paths = ["name", "notes", "expires_at", "allowed_ips[4]", "allowed_ips[5]"];
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, paths.map(str::to_owned).to_vec()));
    let many = NewApiKey { allowed_ips: vec!["10.0.0.1".into(); 51], ..new("many", Role::Viewer) };
    let outcome = api_keys::create(&stage.platform, &owner, many).await;
    assert_eq!(refusal(outcome).1, ["allowed_ips"]);
    let good = NewApiKey { allowed_ips: bad.allowed_ips[..4].to_vec(), ..new("ips", Role::Viewer) };
    let key = made(&stage, &owner, good).await.key;
    assert_eq!(key.allowed_ips, ["10.0.0.7", "10.0.0.0/8", "10.0.0.1", "2001:db8::/32"]);
}

#[tokio::test]
async fn a_key_lives_from_its_making_over_a_rotation_to_its_end() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let platform = &stage.platform;
    let first = made(&stage, &owner, new("ci", Role::Member)).await;
    let id = first.key.id;
    assert_eq!(api_keys::read(platform, &owner, id).await.unwrap(), first.key);
    assert_eq!(first.key.created_by, Some(user(&owner)));
    let hex = uuid::Uuid::from(id).simple().to_string();
    assert!(first.secret.expose_secret().starts_with(&format!("ak_live_{hex}_")));

    let taken = api_keys::create(platform, &owner, new("ci", Role::Viewer)).await;
    assert_eq!(refusal(taken), (ErrorCode::Taken, vec!["name".to_owned()]));

    let before = row(&stage).await;
    let late = api_keys::rotate(platform, &owner, id, Some(604_801)).await;
    assert_eq!(refusal(late), (ErrorCode::Invalid, vec!["grace_secs".to_owned()]));
    let second = api_keys::rotate(platform, &owner, id, Some(60)).await.unwrap();
    let second = second.commit().await.unwrap();
    let after = row(&stage).await;
    assert_ne!(second.key.fingerprint, first.key.fingerprint);
    assert_eq!(after["previous_hash"], before["secret_hash"]);
    assert_ne!(after["secret_hash"], before["secret_hash"]);
    assert!(second.key.previous_until.unwrap() > first.key.created_at + TimeDelta::seconds(59));
    let third = api_keys::rotate(platform, &owner, id, Some(0)).await.unwrap();
    third.commit().await.unwrap();
    assert_eq!(row(&stage).await["previous_hash"], Value::Null);

    api_keys::revoke(platform, &as_key(&owner), id).await.unwrap();
    assert_ne!(row(&stage).await["revoked_at"], Value::Null);
    assert_eq!(code(api_keys::read(platform, &owner, id).await), ErrorCode::NotFound);
    assert_eq!(code(api_keys::revoke(platform, &owner, id).await), ErrorCode::NotFound);
    assert_eq!(code(api_keys::rotate(platform, &owner, id, None).await), ErrorCode::NotFound);
    let listed = api_keys::list(platform, &owner, PageRequest::default()).await.unwrap();
    assert!(listed.items.is_empty());
    made(&stage, &owner, new("ci", Role::Viewer)).await;
}

#[tokio::test]
async fn a_key_above_ones_own_role_or_realms_is_left_alone() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let admin = stage.member(org, Role::Admin).await;
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let platform = &stage.platform;
    let top = made(&stage, &owner, new("top", Role::Owner)).await.key.id;
    let wide = made(&stage, &owner, new("wide", Role::Viewer)).await.key.id;
    for denied in [
        api_keys::rotate(platform, &admin, top, None).await.map(|_| ()),
        api_keys::revoke(platform, &admin, top).await,
        // Rotating would hand its realms to whoever rotates.
        api_keys::rotate(platform, &limited, wide, None).await.map(|_| ()),
    ] {
        assert_eq!(code(denied), ErrorCode::InsufficientRole);
    }
    api_keys::revoke(platform, &limited, wide).await.unwrap();
    api_keys::revoke(platform, &owner, top).await.unwrap();
}

#[tokio::test]
async fn a_key_of_another_org_answers_as_an_unknown_one() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let owner = stage.member(org, Role::Owner).await;
    let stranger = stage.member(other, Role::Owner).await;
    let foreign = made(&stage, &stranger, new("theirs", Role::Viewer)).await.key.id;
    let unknown: KeyId = "key_01976b4e-7c00-7000-8000-000000000000".parse().unwrap();
    let platform = &stage.platform;
    for id in [foreign, unknown] {
        assert_eq!(code(api_keys::read(platform, &owner, id).await), ErrorCode::NotFound);
        assert_eq!(code(api_keys::rotate(platform, &owner, id, None).await), ErrorCode::NotFound);
        assert_eq!(code(api_keys::revoke(platform, &owner, id).await), ErrorCode::NotFound);
    }
    assert!(
        api_keys::list(platform, &owner, PageRequest::default()).await.unwrap().items.is_empty()
    );
    made(&stage, &owner, new("theirs", Role::Viewer)).await;
}

#[tokio::test]
async fn no_secret_of_a_key_is_kept_or_audited() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let first = made(&stage, &owner, new("ci", Role::Member)).await;
    let second = api_keys::rotate(&stage.platform, &owner, first.key.id, None).await.unwrap();
    let second = second.commit().await.unwrap();
    api_keys::revoke(&stage.platform, &owner, first.key.id).await.unwrap();
    let keys = json!(stage.database.rows("select * from api_keys").await).to_string();
    let audit = json!(stage.database.rows("select * from audit").await).to_string();
    for issued in [first, second] {
        let (_, secret) = issued.secret.expose_secret().split_at("ak_live_".len() + 33);
        assert_eq!(secret.len(), 43);
        for text in [&keys, &audit] {
            assert!(!text.contains(secret) && !text.contains(&hex::encode(secret)));
        }
        assert!(!format!("{issued:?}").contains(secret));
        assert!(audit.contains(&issued.key.fingerprint));
    }
    for action in ["api_key.create", "api_key.rotate", "api_key.revoke"] {
        assert_eq!(stage.audit(action).await.len(), 1, "{action}");
    }
}

#[tokio::test]
async fn the_end_of_a_key_is_a_time_that_can_be_written_and_kept() {
    let stage = Stage::new().await;
    let owner = stage.member(stage.org().await, Role::Owner).await;
    let at = |text: &str| Some(text.parse().unwrap());
    let far = NewApiKey { expires_at: at("+10000-01-01T00:00:00Z"), ..new("far", Role::Viewer) };
    let outcome = api_keys::create(&stage.platform, &owner, far).await;
    assert_eq!(refusal(outcome), (ErrorCode::Invalid, vec!["expires_at".to_owned()]));
    let fine =
        NewApiKey { expires_at: at("9999-12-31T23:59:59.123456789Z"), ..new("fine", Role::Viewer) };
    let issued = made(&stage, &owner, fine).await;
    let kept = api_keys::read(&stage.platform, &owner, issued.key.id).await.unwrap();
    assert_eq!(issued.key.expires_at, kept.expires_at);
}

#[tokio::test]
async fn a_draft_that_is_dropped_leaves_nothing() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let draft = api_keys::create(&stage.platform, &owner, new("ci", Role::Viewer)).await.unwrap();
    drop(draft);
    made(&stage, &owner, new("ci", Role::Viewer)).await;
    assert_eq!(stage.database.rows("select id from api_keys").await.len(), 1);
    assert_eq!(stage.audit("api_key.create").await.len(), 1);
}

#[tokio::test]
async fn a_key_stays_when_its_maker_leaves() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let owner = stage.member(org, Role::Owner).await;
    let admin = stage.member(org, Role::Admin).await;
    let id = made(&stage, &admin, new("ci", Role::Viewer)).await.key.id;
    let Principal::User(maker) = admin.principal else { panic!("a person") };
    agentcy_platform::users::remove(&stage.platform, &owner, maker).await.unwrap();
    let key = api_keys::read(&stage.platform, &owner, id).await.unwrap();
    assert_eq!(key.created_by, Some(maker));
}
