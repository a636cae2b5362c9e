//! The first answer to a request that is sent again.

use agentcy_core::{Timestamp, id::OrgId};
use agentcy_store::{
    Error,
    idempotency::{self, Claim, Key},
};
use uuid::Uuid;

use crate::world::{World, at, by, next_id};

const KEY: Key<'static> = Key { principal: "usr", method: "POST", path: "/agents", key: "k" };

async fn claim(world: &World, org: OrgId, body: &[u8], now: Timestamp) -> Claim {
    let mut reader = world.db.read(&by(org)).await.unwrap();
    idempotency::claim(&mut reader, &KEY, body, next_id(), now).await.unwrap()
}

async fn new(world: &World, org: OrgId, now: Timestamp) -> Uuid {
    match claim(world, org, b"body", now).await {
        Claim::New { attempt } => attempt,
        other => panic!("expected a new claim, got {other:?}"),
    }
}

async fn complete(world: &World, org: OrgId, attempt: Uuid) -> Result<(), Error> {
    let mut tx = world.db.begin(&by(org)).await?;
    idempotency::complete(&mut tx, &KEY, attempt, 201, b"answer").await?;
    tx.commit().await
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_body_is_refused() {
    let world = World::new().await;
    let org = world.org().await;
    let attempt = new(&world, org, at(0)).await;
    assert_eq!(claim(&world, org, b"body", at(1)).await, Claim::InProgress);
    complete(&world, org, attempt).await.unwrap();
    let done = Claim::Done { status: 201, answer: b"answer".to_vec() };
    assert_eq!(claim(&world, org, b"body", at(3600)).await, done);
    assert_eq!(claim(&world, org, b"other", at(2)).await, Claim::Reused);
}

#[tokio::test]
async fn keys_of_two_orgs_have_nothing_to_do_with_each_other() {
    let world = World::new().await;
    let (one, other) = (world.org().await, world.org().await);
    let attempt = new(&world, one, at(0)).await;
    complete(&world, one, attempt).await.unwrap();
    new(&world, other, at(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_at_once_exactly_one_does_the_work() {
    let world = World::with_pool(16).await;
    let org = world.org().await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let db = world.db.clone();
        racers.spawn(async move {
            let mut reader = db.read(&by(org)).await.unwrap();
            idempotency::claim(&mut reader, &KEY, b"body", next_id(), at(0)).await.unwrap()
        });
    }
    let claims = racers.join_all().await;
    let new = claims.iter().filter(|claim| matches!(claim, Claim::New { .. })).count();
    let waiting = claims.iter().filter(|claim| **claim == Claim::InProgress).count();
    assert_eq!((new, waiting), (1, 63));
}

#[tokio::test]
async fn a_claim_past_its_lease_is_taken_over_and_the_first_one_cannot_complete() {
    let world = World::new().await;
    let org = world.org().await;
    let first = new(&world, org, at(0)).await;
    assert_eq!(claim(&world, org, b"body", at(59)).await, Claim::InProgress);
    let second = new(&world, org, at(60)).await;
    let refused = complete(&world, org, first).await;
    assert!(matches!(refused, Err(Error::LeaseLost(_))), "{refused:?}");
    complete(&world, org, second).await.unwrap();
}

#[tokio::test]
async fn a_forgotten_claim_may_be_made_again_but_not_by_whom_it_was_taken_from() {
    let world = World::new().await;
    let org = world.org().await;
    let first = new(&world, org, at(0)).await;
    let second = new(&world, org, at(60)).await;
    let mut reader = world.db.read(&by(org)).await.unwrap();
    idempotency::forget(&mut reader, &KEY, first).await.unwrap();
    assert_eq!(claim(&world, org, b"body", at(61)).await, Claim::InProgress);
    idempotency::forget(&mut reader, &KEY, second).await.unwrap();
    new(&world, org, at(61)).await;
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let world = World::new().await;
    let org = world.org().await;
    let attempt = new(&world, org, at(0)).await;
    complete(&world, org, attempt).await.unwrap();
    let day = idempotency::KEPT.num_seconds();
    assert!(matches!(claim(&world, org, b"body", at(day - 1)).await, Claim::Done { .. }));
    new(&world, org, at(day)).await;
}

#[tokio::test]
async fn an_effect_that_is_rolled_back_leaves_no_answer() {
    let world = World::new().await;
    let org = world.org().await;
    let attempt = new(&world, org, at(0)).await;
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    idempotency::complete(&mut tx, &KEY, attempt, 201, b"answer").await.unwrap();
    drop(tx);
    assert_eq!(claim(&world, org, b"body", at(1)).await, Claim::InProgress);
}
