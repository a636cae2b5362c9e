use agentcy_core::{ErrorCode, Role};
use agentcy_platform::{Answer, idempotency::Claim};

use crate::stage::{Stage, code};

const PATH: &str = "/api/v1/things";

fn first(claim: Claim) -> agentcy_platform::idempotency::Slot {
    match claim {
        Claim::First(slot) => slot,
        Claim::Repeat(answer) => panic!("a repeat of {answer:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_given_again_to_who_got_it_first_and_to_nobody_else() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let ada = stage.member(org, Role::Admin).await;
    let platform = &stage.platform;
    let slot = first(platform.claim(&ada, "POST", PATH, "k", b"{}").await.unwrap());
    let answer = Answer { status: 201, location: None, body: "a new secret".to_owned() };
    assert!(!format!("{answer:?}").contains("secret"));
    platform.keep(&ada, &slot, &answer).await.unwrap();
    let again = platform.claim(&ada, "POST", PATH, "k", b"{}").await.unwrap();
    assert!(matches!(again, Claim::Repeat(kept) if kept == answer));
    let reused = platform.claim(&ada, "POST", PATH, "k", b"{ }").await;
    assert_eq!(code(reused), ErrorCode::IdempotencyKeyReused);
    first(platform.claim(&ada, "POST", "/api/v1/others", "k", b"{}").await.unwrap());
    let mut elsewhere = ada.clone();
    elsewhere.org_id = other;
    for stranger in [stage.member(org, Role::Owner).await, elsewhere] {
        first(platform.claim(&stranger, "POST", PATH, "k", b"{}").await.unwrap());
    }
}

#[tokio::test]
async fn an_answer_moved_to_another_row_does_not_open() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let (ada, eve) = (stage.member(org, Role::Admin).await, stage.member(org, Role::Admin).await);
    let platform = &stage.platform;
    let slot = first(platform.claim(&ada, "POST", PATH, "k", b"{}").await.unwrap());
    let answer = Answer { status: 201, location: None, body: "a new secret".to_owned() };
    platform.keep(&ada, &slot, &answer).await.unwrap();
    let moved = format!("update idempotency_keys set principal = '{}'", eve.principal);
    stage.database.execute(&moved).await;
    assert!(platform.claim(&eve, "POST", PATH, "k", b"{}").await.is_err());
}

#[tokio::test]
async fn a_path_beyond_what_an_index_takes_is_claimed_all_the_same() {
    let stage = Stage::new().await;
    let ada = stage.member(stage.org().await, Role::Admin).await;
    // Such that no compression makes it fit.
    let mut seed = 1_u64;
    let long: String = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:x}", seed >> 32)
    })
    .take(2000)
    .collect();
    let path = format!("/api/v1/{long}");
    first(stage.platform.claim(&ada, "POST", &path, "k", b"{}").await.unwrap());
    let again = stage.platform.claim(&ada, "POST", &path, "k", b"{}").await;
    assert_eq!(code(again), ErrorCode::IdempotencyInProgress);
}
