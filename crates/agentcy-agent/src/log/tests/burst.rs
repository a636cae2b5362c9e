//! Many events at once: readers that join late, that are slow, that are many.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;

use super::*;

/// How many events.
const MANY: usize = 10_000;

fn random(below: usize) -> usize {
    let mut bytes = [0; 8];
    agentcy_core::Entropy::fill(&SystemEntropy, &mut bytes);
    usize::from_ne_bytes(bytes) % below
}

/// Writes a burst, with a commit whenever one is due, and ends the run.
async fn write(stage: &Stage, mut writer: Writer, mut between: impl FnMut(i64)) {
    for n in 0..MANY {
        let seq = writer.append(&delta(format!("word {n} "))).unwrap();
        between(seq);
        if writer.is_full() {
            stage.flush(&mut writer).await;
        }
        if n % 100 == 99 {
            tokio::task::yield_now().await;
        }
    }
    stage.finish(writer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_join_at_any_moment_of_a_burst_here_or_elsewhere_lose_and_repeat_nothing() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let writer = stage.start(&stage.hub).await;
    let mut readers = vec![(0, stage.watch(&stage.hub, 0)), (0, stage.watch(&elsewhere, 0))];
    write(&stage, writer, |seq| {
        if random(400) == 0 {
            let hub = if random(2) == 0 { &stage.hub } else { &elsewhere };
            let after = i64::try_from(random(usize::try_from(seq).unwrap())).unwrap();
            readers.push((after, stage.watch(hub, after)));
        }
    })
    .await;
    let stored = stage.stored(0).await;
    assert_eq!(stored.len(), MANY + 3);
    for (after, reader) in readers {
        let got = reader.await.unwrap();
        let expected = &stored[usize::try_from(after).unwrap()..];
        assert!(numbers(&got) == numbers(expected), "after {after}: {} events", got.len());
        assert!(seen(&got) == seen(expected), "after {after}: other bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_up_nobody_and_goes_on_from_the_store() {
    let stage = Stage::new().await;
    let writer = stage.start(&stage.hub).await;
    let mut slow = stage.follow(&stage.hub, 0, Until::Quiet);
    let first = next(&mut slow, 2).await;
    let quick = stage.watch(&stage.hub, 0);
    write(&stage, writer, |_| {}).await;
    let quick = quick.await.unwrap();
    let mut got = first;
    got.extend(all(slow).await);
    assert!(seen(&got) == seen(&quick));
    assert_eq!(got.len(), MANY + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_handed_over_in_batches() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let mut tail = stage.follow(&stage.hub, 2, Until::Quiet);
    for n in 0..500 {
        writer.append(&delta(format!("{n}"))).unwrap();
    }
    let batch = tail.next().await.unwrap().unwrap();
    assert_eq!(batch.len(), 500);
}

#[tokio::test]
async fn what_is_gathered_is_shown_together_and_not_before() {
    let stage = Stage::new().await;
    let mut writer = stage.start(&stage.hub).await;
    let mut tail = stage.follow(&stage.hub, 2, Until::Quiet);
    writer.gather();
    for n in 0..3 {
        writer.append(&delta(format!("{n}"))).unwrap();
    }
    assert!(tail.next().now_or_never().is_none());
    writer.release().unwrap();
    assert_eq!(numbers(&tail.next().await.unwrap().unwrap()), [3, 4, 5]);
    writer.append(&delta("alone")).unwrap();
    assert_eq!(numbers(&tail.next().await.unwrap().unwrap()), [6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_here_and_two_elsewhere_see_the_same() {
    let stage = Stage::new().await;
    let elsewhere = stage.replica();
    let writer = stage.start(&stage.hub).await;
    let readers = [&stage.hub, &stage.hub, &elsewhere, &elsewhere].map(|it| stage.watch(it, 0));
    let written = AtomicBool::new(false);
    write(&stage, writer, |_| written.store(true, Ordering::Relaxed)).await;
    let stored = stage.stored(0).await;
    for reader in readers {
        assert!(seen(&reader.await.unwrap()) == seen(&stored));
    }
}
