//! Holders that die, that freeze, and that come back too late.

use agentcy_core::Timestamp;

use super::*;
use crate::log::{Lost, hub::channel, message::Message, room::Look};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_numbers_jump_and_every_reader_follows() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let mut writer = stage.start(&stage.hub).await;
    let mut saw_it_live = stage.follow(&stage.hub, 0, Until::Quiet);
    let mut saw_it_elsewhere = stage.follow(&elsewhere, 0, Until::Quiet);
    writer.append(&delta("stored")).unwrap();
    stage.flush(&mut writer).await;
    writer.append(&delta("shown, and lost")).unwrap();
    let reserved = stage.kept().await.reserved;
    assert!(reserved > 4);
    assert_eq!(numbers(&next(&mut saw_it_live, 4).await), [1, 2, 3, 4]);
    assert_eq!(numbers(&next(&mut saw_it_elsewhere, 4).await), [1, 2, 3, 4]);
    drop(writer);

    let mut writer = stage.take_over(&elsewhere).await;
    writer.append(&delta("on")).unwrap();
    let went_on = [reserved + 1, reserved + 2];
    // A client that was shown what is lost, and one that had come back with its number.
    assert_eq!(numbers(&next(&mut saw_it_elsewhere, 2).await), went_on);
    assert_eq!(numbers(&next(&mut saw_it_live, 2).await), went_on);
    for hub in [&stage.hub, &elsewhere] {
        let mut again = stage.follow(hub, 4, Until::Quiet);
        assert_eq!(numbers(&next(&mut again, 2).await), went_on);
        let mut anew = stage.follow(hub, 2, Until::Quiet);
        assert_eq!(numbers(&next(&mut anew, 3).await), [3, went_on[0], went_on[1]]);
    }
    stage.finish(writer).await;
    let stored = stage.stored(0).await;
    assert_eq!(numbers(&stored), [1, 2, 3, went_on[0], went_on[1], reserved + 3]);
    assert_eq!(all(saw_it_live).await.len(), 1);
    assert_eq!(all(saw_it_elsewhere).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_was_replaced_can_store_nothing() {
    let stage = Stage::new().await;
    let mut old = stage.start(&stage.hub).await;
    old.append(&delta("too late")).unwrap();
    let new = stage.take_over(&stage.replica()).await;
    let now = stage.platform.clock.now();
    let mut tx = stage.platform.platform.begin(&stage.by).await.unwrap();
    let refused = old.flush(&mut tx, now, now + LEASE).await.unwrap_err();
    let lost = agentcy_platform::Error::Store(agentcy_store::Error::LeaseLost(String::new()));
    assert_eq!(std::mem::discriminant(&refused), std::mem::discriminant(&lost));
    drop((tx, old));
    stage.finish(new).await;
    assert_eq!(stage.stored(0).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_was_replaced_in_its_own_process_can_show_nothing() {
    let stage = Stage::new().await;
    let mut old = stage.start(&stage.hub).await;
    let new = stage.take_over(&stage.hub).await;
    let reader = stage.watch(&stage.hub, 0);
    assert_eq!(old.append(&delta("too late")), Err(Lost::Lease));
    drop(old);
    stage.finish(new).await;
    assert_eq!(seen(&reader.await.unwrap()), seen(&stage.stored(0).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_former_holder_still_sends_is_ignored() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let writer = stage.start(&stage.hub).await;
    let (run, fence) = (writer.place.run, writer.place.fence);
    drop(writer);
    let mut writer = stage.take_over(&stage.hub).await;
    let mut reader = stage.follow(&elsewhere, 0, Until::Quiet);
    next(&mut reader, 3).await;
    let channel = channel(stage.org, stage.conversation);
    for _ in 0..20 {
        // Not stored, so that it comes over the bus.
        let real = writer.append(&delta("real")).unwrap();
        assert_eq!(numbers(&next(&mut reader, 1).await), [real]);
        let lines = format!("{} content_delta {{\"delta\":\"a ghost\"}}\n", real + 1).into();
        let ghost = Message { run, fence, before: real, last: real + 1, lines };
        stage.bus.publish(&channel, ghost.encode()).await.unwrap();
        assert!(futures_util::FutureExt::now_or_never(reader.next()).is_none());
    }
    stage.finish(writer).await;
    assert_eq!(all(reader).await.len(), 1);
}

#[tokio::test]
async fn a_process_that_was_frozen_says_nothing_more() {
    let lifecycle = Lifecycle::default();
    let hub = hub(&bus(), &lifecycle);
    let id = |n| uuid::Uuid::from_u128(n);
    let place =
        Place { org: id(1).into(), conversation: id(2).into(), run: id(3).into(), fence: 1 };
    let mut writer = Writer::new(&hub, place, Position::after(0, 0), Instant::now() + LEASE);
    assert_eq!(writer.append(&delta("one")), Ok(1));
    writer.extend(Instant::now() + LEASE);
    assert_eq!(writer.append(&delta("two")), Ok(2));
    writer.lines(Timestamp::default()).unwrap();
    writer.flushed(Instant::now() + LEASE);
    writer.gather();
    assert_eq!(writer.append(&delta("three")), Ok(3));
    // As if it woke up when the lease has just run out.
    writer.extend(Instant::now());
    assert_eq!(writer.append(&delta("four")), Err(Lost::Lease));
    assert_eq!(writer.release(), Err(Lost::Lease));
    assert!(matches!(writer.seat.room.look(2), Look::Nothing { is_live: false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_is_shown_that_is_not_reserved() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    while writer.room() > 0 {
        writer.append(&delta("on and on ")).unwrap();
    }
    assert!(writer.is_full());
    assert_eq!(writer.append(&delta("one too many")), Err(Lost::Numbers));
    stage.flush(&mut writer).await;
    assert!(!writer.is_full());
    writer.append(&delta("on")).unwrap();
    stage.finish(writer).await;
    let stored = numbers(&stage.stored(0).await);
    assert_eq!(stored, (1..=i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_is_too_late_takes_no_room_from_the_run_that_began() {
    let stage = Stage::new().await;
    let hub = stage.replica();
    let mut writer = stage.start(&hub).await;
    let place = Place { run: stage.platform.ids.next(), ..writer.place };
    let late = Writer::new(&hub, place, Position::after(0, 0), Instant::now() + LEASE);
    let mut tail = stage.follow(&hub, 2, Until::Quiet);
    writer.append(&delta("This is")).unwrap();
    assert_eq!(numbers(&next(&mut tail, 1).await), [3]);
    drop(late);
    writer.append(&delta(" the answer.")).unwrap();
    assert_eq!(numbers(&next(&mut tail, 1).await), [4]);
    stage.finish(writer).await;
    assert_eq!(all(tail).await.len(), 1);
}
