//! What came in by webhook: kept once, with its run and its job, or not at all.

use agentcy_core::id::{OrgId, TriggerId};
use agentcy_store::{
    deliveries::{self, NewDelivery, Taken},
    system::hooks,
};
use futures_util::future::join_all;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::world::{SYSTEM, World, at, by, next_id, run};

/// A webhook of an org, whose ids are all one.
async fn hook(world: &World, org: OrgId) -> TriggerId {
    let (id, org) = (next_id(), Uuid::from(org));
    let statements = format!(
        "insert into agents (id, org_id, name, instructions, created_by, created_at, updated_at)
             values ('{id}', '{org}', '{id}', '', 'u', now(), now());
         insert into tasks (id, org_id, name, agent_id, run_as, input_template, created_by, created_at, updated_at)
             values ('{id}', '{org}', '{id}', '{id}', 'usr', '{{}}', 'u', now(), now());
         insert into triggers (id, org_id, task_id, kind, secret, previous_secret, previous_until)
             values ('{id}', '{org}', '{id}', 'webhook', 'now', 'then', '{}')",
        at(100).to_rfc3339()
    );
    run(&mut world.owner().await, statements).await;
    id.into()
}

fn delivery(trigger: TriggerId, key: u8, secs: i64) -> NewDelivery {
    NewDelivery {
        id: next_id().into(),
        run: next_id().into(),
        job: next_id().into(),
        max_attempts: 5,
        trigger,
        key: vec![key; 32],
        headers: Map::from_iter([("host".to_owned(), Value::from("here"))]),
        content_type: Some("text/plain".to_owned()),
        body: format!("body {key}").into(),
        at: at(secs),
        expires_at: at(secs + 60),
    }
}

async fn take(world: &World, org: OrgId, given: &[NewDelivery]) -> Vec<Taken> {
    let mut reader = world.db.read(&by(org)).await.unwrap();
    deliveries::take_in(&mut reader, given).await.unwrap()
}

fn repeat_of(first: &NewDelivery) -> Taken {
    Taken::Repeat { delivery: first.id, run: first.run }
}

async fn count(world: &World, what: &str) -> i64 {
    let rows = world.test.rows(&format!("select count(*) as many from {what}")).await;
    rows[0]["many"].as_i64().unwrap()
}

#[tokio::test]
async fn each_is_told_what_became_of_it_in_the_order_they_came() {
    let world = World::new().await;
    let org = world.org().await;
    let (one, two) = (hook(&world, org).await, hook(&world, org).await);
    let off = hook(&world, org).await;
    run(
        &mut world.owner().await,
        format!("update tasks set enabled = false where id = '{}'", Uuid::from(off)),
    )
    .await;
    let nowhere = next_id().into();
    let given = [
        delivery(two, 9, 0),
        delivery(one, 7, 0),
        delivery(off, 7, 0),
        delivery(two, 9, 0),
        delivery(one, 3, 0),
        delivery(nowhere, 1, 0),
        delivery(two, 7, 0),
    ];
    let taken = take(&world, org, &given).await;
    let expected = [
        Taken::New,
        Taken::New,
        Taken::Gone,
        repeat_of(&given[0]),
        Taken::New,
        Taken::Gone,
        Taken::New,
    ];
    assert_eq!(taken, expected);
    for table in ["deliveries", "task_runs", "jobs"] {
        assert_eq!(count(&world, table).await, 4, "{table}");
    }
    let mut reader = world.db.read(&by(org)).await.unwrap();
    let kept = deliveries::find(&mut reader, given[1].id).await.unwrap().unwrap();
    assert_eq!((kept.trigger_id, kept.task_run_id), (one, given[1].run));
    assert_eq!(
        (kept.headers, kept.body.as_slice()),
        (given[1].headers.clone(), b"body 7".as_slice())
    );
    assert!(deliveries::find(&mut reader, given[3].id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_key_is_free_again_after_its_time_and_what_it_brought_stays() {
    let world = World::new().await;
    let org = world.org().await;
    let hook = hook(&world, org).await;
    let first = delivery(hook, 1, 0);
    assert_eq!(take(&world, org, std::slice::from_ref(&first)).await, [Taken::New]);
    assert_eq!(take(&world, org, &[delivery(hook, 1, 59)]).await, [repeat_of(&first)]);
    let second = delivery(hook, 1, 60);
    let again = delivery(hook, 1, 60);
    let taken = take(&world, org, &[second.clone(), again]).await;
    assert_eq!(taken, [Taken::New, repeat_of(&second)]);
    let mut reader = world.db.read(&by(org)).await.unwrap();
    assert!(deliveries::find(&mut reader, first.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_webhook_of_another_org_is_none_and_so_is_what_it_brought() {
    let world = World::new().await;
    let (ours, theirs) = (world.org().await, world.org().await);
    let foreign = hook(&world, theirs).await;
    assert_eq!(take(&world, ours, &[delivery(foreign, 1, 0)]).await, [Taken::Gone]);
    let kept = delivery(foreign, 1, 0);
    assert_eq!(take(&world, theirs, std::slice::from_ref(&kept)).await, [Taken::New]);
    let mut reader = world.db.read(&by(ours)).await.unwrap();
    assert!(deliveries::find(&mut reader, kept.id).await.unwrap().is_none());
}

#[tokio::test]
async fn writers_of_the_same_keys_do_not_wait_in_a_ring() {
    let world = World::new().await;
    let org = world.org().await;
    let hook = hook(&world, org).await;
    for _ in 0..20 {
        let mut up: Vec<_> = (0..40).map(|key| delivery(hook, key, 0)).collect();
        let mut down: Vec<_> = (0..40).map(|key| delivery(hook, key, 0)).collect();
        down.reverse();
        up.rotate_left(7);
        let (one, two) = tokio::join!(take(&world, org, &up), take(&world, org, &down));
        let new = one.iter().chain(&two).filter(|taken| **taken == Taken::New).count();
        assert_eq!(new, 40);
        run(&mut world.owner().await, "delete from deliveries").await;
    }
}

#[tokio::test]
async fn a_task_that_is_removed_meanwhile_breaks_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    for round in 0..10 {
        let hook = hook(&world, org).await;
        let other = self::hook(&world, org).await;
        let given = [delivery(hook, round, 0), delivery(other, round, 0)];
        let remove = async {
            let remove = format!("delete from tasks where id = '{}'", Uuid::from(hook));
            run(&mut world.owner().await, remove).await;
        };
        let mut reader = world.db.read(&by(org)).await.unwrap();
        let (taken, ()) = tokio::join!(deliveries::take_in(&mut reader, &given), remove);
        // Refused as a whole, or done before or after: never half.
        match taken {
            Ok(taken) => assert_eq!(taken[1], Taken::New),
            Err(error) => {
                assert!(error.constraint().is_some(), "{error:?}");
                assert_eq!(take(&world, org, &given).await, [Taken::Gone, Taken::New]);
            }
        }
        let orphans =
            "task_runs r where not exists (select from deliveries d where d.task_run_id = r.id)";
        assert_eq!(count(&world, orphans).await, 0);
    }
}

#[tokio::test]
async fn webhooks_are_found_before_their_org_is_known_and_nothing_else_is() {
    let world = World::new().await;
    let org = world.org().await;
    let (one, two) = (hook(&world, org).await, hook(&world, world.org().await).await);
    let manual = hook(&world, org).await;
    let change = format!(
        "update triggers set kind = 'manual', secret = null where id = '{}'",
        Uuid::from(manual)
    );
    run(&mut world.owner().await, change).await;
    let find = async |secs: i64| {
        let mut tx = world.db.system(&SYSTEM).await.unwrap();
        let mut found =
            hooks::find(&mut tx, &[two, manual, next_id().into(), one], at(secs)).await.unwrap();
        tx.commit().await.unwrap();
        found.sort_by_key(|hook| hook.id);
        found
    };
    let found = find(99).await;
    assert_eq!(found.iter().map(|hook| hook.id).collect::<Vec<_>>(), [one, two]);
    assert_eq!((found[0].org_id, found[0].run_as.as_str(), found[0].enabled), (org, "usr", true));
    assert_eq!(found[0].secret, b"now");
    assert_eq!(found[0].previous_secret.as_deref(), Some(b"then".as_slice()));
    assert_eq!(find(100).await[0].previous_secret, None);
}

#[tokio::test]
async fn many_at_once_from_several_processes_are_all_kept() {
    let world = World::new().await;
    let org = world.org().await;
    let hook = hook(&world, org).await;
    let batches: Vec<Vec<_>> =
        (0..8).map(|batch| (0..16).map(|n| delivery(hook, batch * 16 + n, 0)).collect()).collect();
    let taken = join_all(batches.iter().map(|batch| take(&world, org, batch))).await;
    assert!(taken.iter().flatten().all(|taken| *taken == Taken::New));
    assert_eq!(count(&world, "jobs where kind = 'task.start'").await, 128);
}
