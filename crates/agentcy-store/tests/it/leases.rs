//! One holder at a time, and a fence for the former one.

use std::time::Duration;

use agentcy_store::{Error, Result, leases};
use sqlx::AssertSqlSafe;

use crate::world::{SYSTEM, World, next_id};

const LONG: Duration = Duration::from_mins(1);

async fn run_out(world: &World, name: &str) {
    let statement =
        format!("update leases set expires_at = now() - interval '1 s' where name = '{name}'");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut world.owner().await).await.unwrap();
}

fn assert_lost(result: &Result<()>) {
    assert!(matches!(result, Err(Error::LeaseLost(_))), "{result:?}");
}

#[tokio::test]
async fn a_held_lease_is_refused_to_others_until_it_runs_out() {
    let world = World::new().await;
    let (one, other) = (next_id(), next_id());
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let fence = leases::acquire(&mut tx, "l", one, LONG).await.unwrap().unwrap();
    assert_eq!(leases::acquire(&mut tx, "l", other, LONG).await.unwrap(), None);
    leases::check(&mut tx, "l", fence).await.unwrap();
    leases::renew(&mut tx, "l", fence, LONG).await.unwrap();
    tx.commit().await.unwrap();

    run_out(&world, "l").await;
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    assert_lost(&leases::check(&mut tx, "l", fence).await);
    assert_lost(&leases::renew(&mut tx, "l", fence, LONG).await);
    let next = leases::acquire(&mut tx, "l", other, LONG).await.unwrap().unwrap();
    assert!(next > fence);
    assert_lost(&leases::check(&mut tx, "l", fence).await);
    leases::check(&mut tx, "l", next).await.unwrap();
}

#[tokio::test]
async fn a_released_lease_is_free_and_its_fence_goes_on_rising() {
    let world = World::new().await;
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let first = leases::acquire(&mut tx, "l", next_id(), LONG).await.unwrap().unwrap();
    leases::release(&mut tx, "l", first).await.unwrap();
    assert_lost(&leases::check(&mut tx, "l", first).await);
    let second = leases::acquire(&mut tx, "l", next_id(), LONG).await.unwrap().unwrap();
    assert!(second > first);
    leases::release(&mut tx, "l", first).await.unwrap();
    leases::check(&mut tx, "l", second).await.unwrap();
}

#[tokio::test]
async fn a_holder_that_asks_again_fences_off_its_former_self() {
    let world = World::new().await;
    let holder = next_id();
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let first = leases::acquire(&mut tx, "l", holder, LONG).await.unwrap().unwrap();
    let second = leases::acquire(&mut tx, "l", holder, LONG).await.unwrap().unwrap();
    assert!(second > first);
    assert_lost(&leases::check(&mut tx, "l", first).await);
}

#[tokio::test]
async fn of_many_at_once_exactly_one_gets_the_lease() {
    let world = World::new().await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let db = world.db.clone();
        racers.spawn(async move {
            let mut tx = db.system(&SYSTEM).await?;
            let fence = leases::acquire(&mut tx, "l", next_id(), LONG).await?;
            tx.commit().await?;
            Ok::<_, Error>(fence)
        });
    }
    let fences: Vec<_> = racers.join_all().await.into_iter().map(Result::unwrap).collect();
    assert_eq!(fences.iter().flatten().count(), 1, "{fences:?}");
}

#[tokio::test]
async fn nobody_takes_the_lease_over_between_a_check_and_its_commit() {
    let world = World::new().await;
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let fence = leases::acquire(&mut tx, "l", next_id(), LONG).await.unwrap().unwrap();
    tx.commit().await.unwrap();

    let mut working = world.db.system(&SYSTEM).await.unwrap();
    leases::check(&mut working, "l", fence).await.unwrap();
    let db = world.db.clone();
    let taker = tokio::spawn(async move {
        let mut tx = db.system(&SYSTEM).await?;
        let expired = leases::acquire(&mut tx, "l", next_id(), LONG).await?;
        tx.commit().await?;
        Ok::<_, Error>(expired)
    });
    // The taker is waiting for the row, not refused: the server says so.
    let waiting = "select exists (select from pg_locks where not granted)";
    let mut owner = world.owner().await;
    while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut owner).await.unwrap() {
        assert!(!taker.is_finished(), "the taker did not wait");
        tokio::task::yield_now().await;
    }
    working.commit().await.unwrap();
    assert_eq!(taker.await.unwrap().unwrap(), None);
}
