//! Readers in another process than the writer, with the bus as it should be and as it should not.

use super::*;
use crate::log::hub::channel;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_elsewhere_sees_what_is_not_stored_yet() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    writer.append(&delta("before it joined")).unwrap();
    let mut reader = stage.follow(&stage.replica(), 0, Until::Quiet);
    assert_eq!(numbers(&next(&mut reader, 3).await), [1, 2, 3]);
    writer.append(&delta("after")).unwrap();
    assert_eq!(numbers(&next(&mut reader, 1).await), [4]);
    assert_eq!(stage.stored(0).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_nobody_elsewhere_reads() {
    let stage = Stage::new().await;
    let mut heard = stage.bus.subscribe(&channel(stage.org, stage.conversation)).await.unwrap();
    let mut writer = stage.start(&stage.hub).await;
    let mut here = stage.follow(&stage.hub, 0, Until::Quiet);
    writer.append(&delta("one")).unwrap();
    next(&mut here, 3).await;
    stage.finish(writer).await;
    all(here).await;
    assert!(futures_util::FutureExt::now_or_never(heard.next()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_elsewhere_goes_along_from_run_to_run_and_from_process_to_process() {
    let stage = Stage::new().await;
    let (one, two, three) = (stage.replica(), stage.replica(), stage.replica());
    let mut tail = stage.follow(&three, 0, Until::Quiet);
    let writer = stage.start(&one).await;
    let reader = stage.follow(&three, 0, Until::Run(writer.place.run));
    stage.finish(writer).await;
    assert_eq!(all(reader).await.len(), 3);
    // Made before the run, it may have found the conversation quiet.
    let mut got: Vec<Entry> = Vec::new();
    for hub in [&two, &three, &one] {
        let mut writer = stage.start(hub).await;
        let after = got.last().map_or(0, Entry::seq);
        let reader = stage.follow(&three, after, Until::Quiet);
        for n in 0..50 {
            writer.append(&delta(format!("{n}"))).unwrap();
            if n % 10 == 0 {
                tokio::task::yield_now().await;
            }
        }
        stage.finish(writer).await;
        got.extend(all(reader).await);
    }
    assert_eq!(seen(&got), seen(&stage.stored(0).await));
    drop(timeout(FOREVER, tail.next()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_bus_cannot_carry_comes_from_the_store() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let mut reader = stage.follow(&stage.replica(), 0, Until::Quiet);
    next(&mut reader, 2).await;
    let large = delta("x".repeat(200_000));
    for event in [delta("small"), large, delta("small again")] {
        writer.append(&event).unwrap();
    }
    assert_eq!(numbers(&next(&mut reader, 1).await), [3]);
    stage.flush(&mut writer).await;
    assert_eq!(numbers(&next(&mut reader, 2).await), [4, 5]);
    writer.append(&delta("and on")).unwrap();
    assert_eq!(numbers(&next(&mut reader, 1).await), [6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_the_bus_does_not_reach_reads_the_store() {
    let stage = Stage::new().await;
    // On a bus of its own it hears nobody, and nobody hears it.
    let deaf = hub(&bus(), &stage.lifecycle);
    let mut writer = stage.start(&stage.hub).await;
    let mut reader = stage.follow(&deaf, 0, Until::Quiet);
    next(&mut reader, 2).await;
    for n in 3..6 {
        writer.append(&delta("now and then")).unwrap();
        stage.flush(&mut writer).await;
        assert_eq!(numbers(&next(&mut reader, 1).await), [n]);
    }
    stage.finish(writer).await;
    assert_eq!(all(reader).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_lost_repeated_or_no_messages_change_nothing() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let channel = channel(stage.org, stage.conversation);
    let mut heard = stage.bus.subscribe(&channel).await.unwrap();
    let mut writer = stage.start(&stage.hub).await;
    let reader = stage.watch(&elsewhere, 0);
    for n in 0..300 {
        writer.append(&delta(format!("{n} "))).unwrap();
        if n % 7 == 0 {
            stage.bus.publish(&channel, bytes::Bytes::from_static(b"no message")).await.unwrap();
        }
        if let Some(Some(agentcy_bus::Event::Message(old))) =
            futures_util::FutureExt::now_or_never(heard.next())
        {
            stage.bus.publish(&channel, old).await.unwrap();
        }
        if n % 50 == 0 {
            stage.flush(&mut writer).await;
        }
    }
    stage.finish(writer).await;
    assert_eq!(seen(&reader.await.unwrap()), seen(&stage.stored(0).await));
}
