//! The log: numbers are used once, and only by whoever holds the run.

use agentcy_core::id::{ConversationId, OrgId};
use agentcy_store::{
    Error,
    conversation_log::{self as log, Lines},
    runs::{Hold, Kept, ask_cancel},
};
use futures_util::future::join_all;

use super::{claim, conversation, find, held_run, is_lost, reader, run, tx};
use crate::world::{World, at, next_id};

fn lines(conversation: ConversationId, first: i64, last: i64, events: &str) -> Lines<'_> {
    Lines { conversation, first, last, reserved: last + 10, events, at: at(1) }
}

async fn flush(
    world: &World,
    org: OrgId,
    hold: Hold,
    lines: Lines<'_>,
    lease: i64,
) -> Result<Kept, Error> {
    let mut tx = tx(world, org).await;
    let kept = log::flush(&mut tx, hold, &lines, at(lease)).await?;
    tx.commit().await?;
    Ok(kept)
}

#[tokio::test]
async fn lines_numbers_and_lease_go_together() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let kept = flush(&world, org, hold, lines(id, 1, 2, "1 a {}\n2 b {}\n"), 60).await.unwrap();
    assert!(!kept.cancel);
    let after = find(&world, org, id).await;
    assert_eq!((after.last_seq, after.reserved), (2, 12));
    assert_eq!(run(&world, org, hold.id).await.lease_until, Some(at(60)));
    let mut asking = tx(&world, org).await;
    ask_cancel(&mut asking, hold.id, false, at(1)).await.unwrap();
    asking.commit().await.unwrap();
    let kept = flush(&world, org, hold, lines(id, 3, 3, "3 c {}\n"), 60).await.unwrap();
    assert!(kept.cancel, "who holds it is told");
    let stored = log::of_run(&mut reader(&world, org).await, hold.id).await.unwrap();
    let texts: Vec<_> = stored.iter().map(|row| row.events.as_str()).collect();
    assert_eq!(texts, ["1 a {}\n2 b {}\n", "3 c {}\n"]);
    assert!(stored.iter().all(|row| row.fence == hold.fence));
}

#[tokio::test]
async fn a_former_holder_adds_nothing() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let old = held_run(&world, org, id).await;
    flush(&world, org, old, lines(id, 1, 1, "1 a {}\n"), 30).await.unwrap();
    let new = claim(&world, 1, 30).await[0].hold;
    let late = flush(&world, org, old, lines(id, 2, 2, "2 late {}\n"), 90).await;
    assert!(is_lost(&late));
    let kept = find(&world, org, id).await;
    assert_eq!((kept.last_seq, kept.reserved), (1, 11), "nothing of it happened");
    // It goes on above all that the other may have shown.
    flush(&world, org, new, lines(id, 12, 12, "12 reset {}\n"), 90).await.unwrap();
    let stored = log::of_run(&mut reader(&world, org).await, new.id).await.unwrap();
    let spans: Vec<_> = stored.iter().map(|row| (row.first_seq, row.fence)).collect();
    assert_eq!(spans, [(1, old.fence), (12, new.fence)]);
}

#[tokio::test]
async fn no_number_is_used_twice_and_no_reservation_is_taken_back() {
    let world = World::new().await;
    let (org, other) = (world.org().await, world.org().await);
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    let first = lines(id, 1, 5, "…");
    flush(&world, org, hold, Lines { reserved: 100, ..first }, 30).await.unwrap();
    for (first, last) in [(1, 5), (5, 6), (3, 3)] {
        assert!(is_lost(&flush(&world, org, hold, lines(id, first, last, "…"), 30).await));
    }
    flush(&world, org, hold, lines(id, 6, 6, "…"), 30).await.unwrap();
    let kept = find(&world, org, id).await;
    assert_eq!((kept.last_seq, kept.reserved), (6, 100));
    let elsewhere = conversation(&world, org).await;
    assert!(is_lost(&flush(&world, org, hold, lines(elsewhere, 1, 1, "…"), 30).await));
    assert!(is_lost(&flush(&world, other, hold, lines(id, 7, 7, "…"), 30).await));
    let unknown = Hold { id: next_id().into(), fence: 1 };
    assert!(is_lost(&flush(&world, org, unknown, lines(id, 7, 7, "…"), 30).await));
}

#[tokio::test]
async fn of_many_who_use_a_number_at_once_one_does() {
    let world = World::with_pool(12).await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    for number in 1..=8 {
        let line = format!("{number} a {{}}\n");
        let tries = (0..8).map(|_| flush(&world, org, hold, lines(id, number, number, &line), 30));
        let won = join_all(tries).await.into_iter().flatten().count();
        assert_eq!(won, 1);
    }
    assert_eq!(log::after(&mut reader(&world, org).await, id, 0, 1 << 20).await.unwrap().len(), 8);
}

#[tokio::test]
async fn a_reader_goes_on_after_any_number_with_so_much_at_once() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let hold = held_run(&world, org, id).await;
    for (first, last) in [(1, 3), (4, 4), (10, 12), (13, 13)] {
        flush(&world, org, hold, lines(id, first, last, "0123456789"), 30).await.unwrap();
    }
    let after = async |seq, bytes| {
        let rows = log::after(&mut reader(&world, org).await, id, seq, bytes).await.unwrap();
        rows.into_iter().map(|row| row.first_seq).collect::<Vec<_>>()
    };
    assert_eq!(after(0, 1000).await, [1, 4, 10, 13]);
    assert_eq!(after(2, 1000).await, [1, 4, 10, 13], "the row that holds 3");
    assert_eq!(after(3, 1000).await, [4, 10, 13]);
    assert_eq!(after(7, 1000).await, [10, 13], "in a gap");
    assert_eq!(after(11, 1000).await, [10, 13]);
    assert_eq!(after(13, 1000).await, Vec::<i64>::new());
    assert_eq!(after(0, 1).await, [1], "never nothing");
    assert_eq!(after(0, 11).await, [1, 4]);
    let elsewhere = conversation(&world, org).await;
    assert!(log::after(&mut reader(&world, org).await, elsewhere, 0, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn numbers_are_reserved_before_they_are_shown() {
    let world = World::new().await;
    let org = world.org().await;
    let id = conversation(&world, org).await;
    let mut tx = tx(&world, org).await;
    log::reserve(&mut tx, id, 4096).await.unwrap();
    log::reserve(&mut tx, id, 5).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&world, org, id).await.reserved, 4096);
}
