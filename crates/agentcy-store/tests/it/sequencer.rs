//! Order without gaps.

use std::time::Duration;

use agentcy_core::id::{BatchId, OrgId};
use agentcy_store::{
    Error, audit,
    leases::{self, Fence},
    ledger::projection,
    outbox,
    sequencer::{self, Batch},
};

use crate::world::{SYSTEM, World, by, entry, event, next_id, run};

const LONG: Duration = Duration::from_mins(1);

async fn lead(world: &World) -> Fence {
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let fence = leases::acquire(&mut tx, sequencer::LEASE, next_id(), LONG).await.unwrap();
    tx.commit().await.unwrap();
    fence.expect("a free lease")
}

async fn number(world: &World, fence: Fence) -> Batch {
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let batch = sequencer::number(&mut tx, fence).await.unwrap();
    tx.commit().await.unwrap();
    batch
}

async fn append(world: &World, org: OrgId, topic: &str, numbers: impl IntoIterator<Item = i64>) {
    let mut tx = world.db.begin(&by(org)).await.unwrap();
    for n in numbers {
        outbox::append(&mut tx, &event(org, topic, n)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// What a reader gets that resumes after `seq`: numbers and contents.
async fn read(world: &World, org: OrgId, topic: &str, seq: i64) -> Vec<(i64, i64)> {
    let mut reader = world.db.read(&by(org)).await.unwrap();
    let events = outbox::after(&mut reader, topic, seq, 10_000).await.unwrap();
    events.iter().map(|it| (it.seq, it.event.data.as_i64().unwrap())).collect()
}

#[tokio::test]
async fn a_writer_that_began_first_and_commits_last_is_not_missed() {
    let world = World::new().await;
    let org = world.org().await;
    let fence = lead(&world).await;
    let mut early = world.db.begin(&by(org)).await.unwrap();
    outbox::append(&mut early, &event(org, "graph", 1)).await.unwrap();
    append(&world, org, "graph", [2]).await;

    number(&world, fence).await;
    assert_eq!(read(&world, org, "graph", 0).await, [(1, 2)]);

    early.commit().await.unwrap();
    number(&world, fence).await;
    assert_eq!(read(&world, org, "graph", 1).await, [(2, 1)]);
}

#[tokio::test]
async fn numbers_have_no_gaps_after_rollbacks_of_writers_and_of_the_sequencer() {
    let world = World::new().await;
    let org = world.org().await;
    let fence = lead(&world).await;
    append(&world, org, "graph", [1]).await;
    number(&world, fence).await;

    let mut undone = world.db.begin(&by(org)).await.unwrap();
    outbox::append(&mut undone, &event(org, "graph", 99)).await.unwrap();
    drop(undone);
    append(&world, org, "graph", [2]).await;
    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    assert_eq!(sequencer::number(&mut tx, fence).await.unwrap().advances.len(), 1);
    drop(tx);

    append(&world, org, "graph", [3]).await;
    number(&world, fence).await;
    assert_eq!(read(&world, org, "graph", 0).await, [(1, 1), (2, 2), (3, 3)]);
}

#[tokio::test]
async fn orgs_and_topics_count_for_themselves_and_keep_the_order_of_writing() {
    let world = World::new().await;
    let (one, other) = (world.org().await, world.org().await);
    let fence = lead(&world).await;
    append(&world, one, "graph", 0..5).await;
    append(&world, other, "graph", [7]).await;
    append(&world, one, "tasks", [8, 9]).await;
    let mut tx = world.db.begin(&by(one)).await.unwrap();
    audit::record(&mut tx, &entry(Some(one), "first")).await.unwrap();
    audit::record(&mut tx, &entry(Some(one), "second")).await.unwrap();
    tx.commit().await.unwrap();

    let mut batch = number(&world, fence).await;
    batch.advances.sort_by_key(|it| (it.org_id, it.topic.clone()));
    let lasts: Vec<_> =
        batch.advances.iter().map(|it| (it.org_id, it.topic.as_str(), it.last)).collect();
    assert_eq!(
        lasts,
        [(one, "audit", 2), (one, "graph", 5), (one, "tasks", 2), (other, "graph", 1)]
    );
    assert!(!batch.more);
    assert_eq!(read(&world, one, "graph", 2).await, [(3, 2), (4, 3), (5, 4)]);
    assert_eq!(read(&world, other, "tasks", 0).await, []);
    assert!(number(&world, fence).await.advances.is_empty());

    let mut reader = world.db.read(&by(one)).await.unwrap();
    assert_eq!(outbox::last(&mut reader, "tasks").await.unwrap(), 2);
    assert_eq!(outbox::last(&mut reader, "none").await.unwrap(), 0);
    let log = audit::after(&mut reader, 0, 10).await.unwrap();
    let targets: Vec<_> = log.iter().map(|it| (it.seq, it.entry.target.as_str())).collect();
    assert_eq!(targets, [(1, "first"), (2, "second")]);
    assert_eq!(log[0].entry.ip, entry(None, "").ip);
    let log = audit::before(&mut reader, Some(2), 10).await.unwrap();
    assert_eq!(log.len(), 1);
}

#[tokio::test]
async fn changes_of_the_ledger_are_numbered_in_the_order_of_their_writing_once_they_are_committed()
{
    let world = World::new().await;
    let (one, other) = (world.org().await, world.org().await);
    let fence = lead(&world).await;
    let early = fact_batch(one);
    let mut owner = world.owner().await;
    run(&mut owner, format!("begin; {}", early.1)).await;
    let (second, third, theirs) = (fact_batch(one), fact_batch(one), fact_batch(other));
    for (_, insert) in [&second, &third, &theirs] {
        run(&mut world.owner().await, insert).await;
    }

    let mut batch = number(&world, fence).await;
    batch.advances.sort_by_key(|it| it.org_id);
    let lasts: Vec<_> =
        batch.advances.iter().map(|it| (it.org_id, it.topic.as_str(), it.last, it.count)).collect();
    assert_eq!(lasts, [(one, sequencer::FACTS, 2, 2), (other, sequencer::FACTS, 1, 1)]);
    run(&mut owner, "commit").await;
    assert_eq!(number(&world, fence).await.advances.len(), 1);

    let mut reader = world.db.read(&by(one)).await.unwrap();
    let batches = projection::batches_after(&mut reader, 0, 10).await.unwrap();
    let found: Vec<_> = batches.iter().map(|batch| (batch.seq, batch.id, batch.size)).collect();
    assert_eq!(found, [(1, second.0, 6), (2, third.0, 6), (3, early.0, 6)]);
    assert_eq!(projection::batches_after(&mut reader, 2, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn more_changes_of_the_ledger_than_a_batch_numbers_are_numbered_by_the_next() {
    let world = World::new().await;
    let org = world.org().await;
    let fence = lead(&world).await;
    let inserts: Vec<_> = (0..=sequencer::BATCH).map(|_| fact_batch(org).1).collect();
    run(&mut world.owner().await, inserts.join(";")).await;
    let batch = number(&world, fence).await;
    assert!(batch.more);
    assert_eq!(batch.advances[0].last, sequencer::BATCH);
    let batch = number(&world, fence).await;
    assert!(!batch.more);
    assert_eq!(batch.advances[0].last, sequencer::BATCH + 1);
}

/// A change of the ledger, and the statement that writes it.
fn fact_batch(org: OrgId) -> (BatchId, String) {
    let (id, org) = (next_id(), uuid::Uuid::from(org));
    let insert = format!(
        "insert into fact_batches
             (id, org_id, at, asserter_kind, asserter_id, cause, added, changed, archived)
         values ('{id}', '{org}', now(), 'person', '{id}', 'a test', 1, 2, 3)"
    );
    (id.into(), insert)
}

#[tokio::test]
async fn a_full_batch_says_that_there_is_more() {
    let world = World::new().await;
    let org = world.org().await;
    let fence = lead(&world).await;
    append(&world, org, "graph", 0..=sequencer::BATCH).await;
    assert!(number(&world, fence).await.more);
    assert!(!number(&world, fence).await.more);
    let numbers: Vec<_> = read(&world, org, "graph", 0).await;
    assert!(numbers.iter().all(|(seq, n)| *seq == n + 1), "in order of writing");
    assert_eq!(numbers.len(), usize::try_from(sequencer::BATCH).unwrap() + 1);
}

#[tokio::test]
async fn a_sequencer_with_a_stale_fence_is_refused() {
    let world = World::new().await;
    let org = world.org().await;
    let stale = lead(&world).await;
    append(&world, org, "graph", [1]).await;
    let end = "update leases set expires_at = '-infinity'";
    sqlx::query(end).execute(&mut world.owner().await).await.unwrap();
    let current = lead(&world).await;

    let mut tx = world.db.system(&SYSTEM).await.unwrap();
    let refused = sequencer::number(&mut tx, stale).await;
    assert!(matches!(refused, Err(Error::LeaseLost(_))), "{refused:?}");
    drop(tx);
    number(&world, current).await;
    assert_eq!(read(&world, org, "graph", 0).await, [(1, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_follows_many_writers_and_a_change_of_sequencer_misses_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let db = world.db.clone();
        writers.spawn(async move {
            for n in 0..25 {
                let mut tx = db.begin(&by(org)).await.unwrap();
                outbox::append(&mut tx, &event(org, "graph", writer * 100 + n)).await.unwrap();
                if n % 5 == 4 {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                }
            }
        });
    }
    let mut fence = lead(&world).await;
    let mut seen: Vec<(i64, i64)> = Vec::new();
    let mut round = 0;
    while seen.len() < 80 {
        round += 1;
        if round % 7 == 0 {
            let mut tx = world.db.system(&SYSTEM).await.unwrap();
            leases::release(&mut tx, sequencer::LEASE, fence).await.unwrap();
            tx.commit().await.unwrap();
            fence = lead(&world).await;
        }
        number(&world, fence).await;
        let last = seen.last().map_or(0, |(seq, _)| *seq);
        seen.extend(read(&world, org, "graph", last).await);
    }
    writers.join_all().await;
    assert!(seen.iter().zip(1..).all(|((seq, _), expected)| *seq == expected), "no gap");
    let mut contents: Vec<i64> = seen.iter().map(|(_, n)| *n).collect();
    contents.sort_unstable();
    contents.dedup();
    assert_eq!(contents.len(), 80, "no event twice");
    for writer in 0..4 {
        let own = seen.iter().map(|(_, n)| *n).filter(|n| n / 100 == writer);
        assert!(own.is_sorted(), "a writer's events keep their order");
    }
}
