//! The key of stored secrets is exchanged to an end: everything is sealed anew, and what is not is noticed.

use std::sync::Arc;

use agentcy_core::{
    Caller,
    clock::SystemEntropy,
    id::{OrgId, SourceId},
    task::TriggerKind,
};
use agentcy_platform::{
    Answer, Change, Platform, Sealer,
    idempotency::Claim,
    llm_settings::{self, LlmUpdate, ProviderKind},
    seal::Cell,
    sealing::{self, Found, Keys, Resealed},
    tasks,
};
use uuid::Uuid;

use crate::tasks::Desk;

/// That of the stage.
const FIRST: [u8; 32] = [7; 32];
const SECOND: [u8; 32] = [8; 32];
const PATH: &str = "/api/v1/things";

fn with(desk: &Desk, sealing: ([u8; 32], Option<[u8; 32]>)) -> Platform {
    desk.replica_with(|setup| setup.sealing = sealing)
}

fn source(n: u128) -> SourceId {
    Uuid::from_u128(0xface_0000 + n).into()
}

/// Sources are written past their connectors: more of them than fit on a page.
async fn connect_many(desk: &Desk, org: OrgId, sealed_by: [u8; 32], count: u128) {
    let sealer = Sealer::new(sealed_by, None, Arc::new(SystemEntropy));
    let mut rows = Vec::new();
    for n in 0..count {
        let row = source(n).to_string();
        let cell = Cell { org, column: "sources.credentials", row: &row };
        let kept = hex::encode(sealer.seal(cell, b"{\"token\":\"t\"}").unwrap());
        let (id, org) = (Uuid::from(source(n)), Uuid::from(org));
        rows.push(format!(
            "('{id}', '{org}', 'source {n}', 'json', 'data', '{{}}', '\\x{kept}', 'nobody', now(), now())"
        ));
    }
    let into = "insert into sources (id, org_id, name, source_type, realm, config, credentials,
                                     created_by, created_at, updated_at) values";
    desk.database.execute(&format!("{into} {}", rows.join(", "))).await;
}

async fn give_a_model(platform: &Platform, admin: &Caller) {
    let new = model(Change::Set("sk-0123456789-wxyz".into()));
    llm_settings::update(platform, admin, new).await.unwrap();
}

fn model(api_key: Change<secrecy::SecretString>) -> LlmUpdate {
    LlmUpdate {
        provider: ProviderKind::Openai,
        model: "small".into(),
        base_url: Some("http://models.example.org/v1".into()),
        api_key,
        fallbacks: Vec::new(),
    }
}

/// The triggers' secrets that do not open with this key alone.
async fn closed_hooks(desk: &Desk, key: [u8; 32]) -> usize {
    let sealer = Sealer::new(key, None, Arc::new(SystemEntropy));
    let mut closed = 0;
    for row in desk.database.rows("select * from triggers").await {
        let id: Uuid = row["id"].as_str().unwrap().parse().unwrap();
        let id = agentcy_core::id::TriggerId::from(id).to_string();
        let cell = Cell { org: desk.org, column: "triggers.secret", row: &id };
        for column in ["secret", "previous_secret"] {
            let Some(kept) = row[column].as_str() else { continue };
            let kept = hex::decode(kept.trim_start_matches("\\x")).unwrap();
            closed += usize::from(sealer.open(cell, &kept).is_err());
        }
    }
    closed
}

#[tokio::test]
async fn everything_is_sealed_anew_and_then_the_key_before_may_go() {
    let desk = Desk::new().await;
    assert_eq!(sealing::check(&desk.platform).await.unwrap(), Keys::Present);
    give_a_model(&desk.platform, &desk.admin).await;
    connect_many(&desk, desk.org, FIRST, 250).await;
    let hook = desk.define(&desk.member, desk.task("Hook", TriggerKind::Webhook)).await.task;
    let rotated = tasks::rotate(&desk.platform, &desk.member, hook.id, 3600).await.unwrap();
    rotated.commit().await.unwrap();
    let claim = desk.platform.claim(&desk.admin, "POST", PATH, "k", b"{}").await.unwrap();
    let Claim::First(slot) = claim else { panic!("it is the first") };
    let answer = Answer { status: 201, location: None, body: "a secret".to_owned() };
    desk.platform.keep(&desk.admin, &slot, &answer).await.unwrap();

    let both = with(&desk, (SECOND, Some(FIRST)));
    assert_eq!(sealing::reseal(&both, false).await.unwrap(), Resealed::Unknown, "not started yet");
    assert_eq!(sealing::check(&both).await.unwrap(), Keys::Both);
    assert_eq!(closed_hooks(&desk, SECOND).await, 2);
    let found = Found { present: 0, previous: 253, lost: [].into() };
    assert_eq!(sealing::reseal(&both, false).await.unwrap(), Resealed::Done(found));
    assert_eq!(sealing::check(&both).await.unwrap(), Keys::Present);

    let alone = with(&desk, (SECOND, None));
    assert_eq!(sealing::check(&alone).await.unwrap(), Keys::Present);
    llm_settings::update(&alone, &desk.admin, model(Change::Keep)).await.unwrap();
    assert_eq!(closed_hooks(&desk, SECOND).await, 0);
    let again = alone.claim(&desk.admin, "POST", PATH, "k", b"{}").await.unwrap();
    assert!(matches!(again, Claim::Repeat(kept) if kept == answer));
    let found = Found { present: 253, previous: 0, lost: [].into() };
    assert_eq!(sealing::reseal(&alone, false).await.unwrap(), Resealed::Done(found));
}

#[tokio::test]
async fn keys_that_do_not_open_everything_are_noticed_before_anybody_needs_it() {
    let desk = Desk::new().await;
    let wrong = with(&desk, (SECOND, None));
    assert_eq!(sealing::check(&wrong).await.unwrap(), Keys::Present, "there is nothing to open");
    give_a_model(&desk.platform, &desk.admin).await;
    // A database from before keys were noted.
    desk.database.execute("delete from sealing_keys").await;
    connect_many(&desk, desk.org, SECOND, 3).await;
    let lost = |found: Keys| match found {
        Keys::Lacking(found) => found.lost.into_iter().collect::<Vec<_>>(),
        other => panic!("nothing is missed: {other:?}"),
    };
    assert_eq!(lost(sealing::check(&wrong).await.unwrap()), [("llm_settings.api_key", 1)]);
    let known = with(&desk, (FIRST, Some(SECOND)));
    assert_eq!(sealing::check(&known).await.unwrap(), Keys::Both);
    let found = sealing::check(&desk.platform).await.unwrap();
    assert_eq!(lost(found), [("sources.credentials", 3)]);
    let incomplete = sealing::reseal(&desk.platform, false).await.unwrap();
    assert!(matches!(incomplete, Resealed::Incomplete(_)), "{incomplete:?}");
    let accepted = sealing::reseal(&desk.platform, true).await.unwrap();
    assert!(matches!(accepted, Resealed::Done(found) if found.lost.len() == 1));
    assert_eq!(sealing::check(&desk.platform).await.unwrap(), Keys::Present);
}
