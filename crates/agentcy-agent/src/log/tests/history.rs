//! Any history of runs, commits, crashes and readers: what a reader was given is what is stored, and what a crash lost.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;

/// What may happen next.
#[derive(Debug, Clone)]
enum Step {
    /// So many events of this length.
    Write(usize, usize),
    Flush,
    /// The run ends, and another begins in this process.
    Next(usize),
    /// The process dies, and this one takes over.
    Crash(usize),
    /// Somebody joins in this process, from this part of the numbers so far.
    Join(usize, usize),
}

const PROCESSES: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..40_usize, 0..60_usize).prop_map(|(many, long)| Step::Write(many, long)),
        // Beyond what the bus carries.
        1 => (1..3_usize, 60_000..70_000_usize).prop_map(|(many, long)| Step::Write(many, long)),
        3 => Just(Step::Flush),
        1 => (0..PROCESSES).prop_map(Step::Next),
        1 => (0..PROCESSES).prop_map(Step::Crash),
        3 => (0..PROCESSES, 0..100_usize).prop_map(|(at, from)| Step::Join(at, from)),
    ]
}

type Lines = BTreeMap<i64, Vec<u8>>;

async fn play(stage: &Stage, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let hubs: Vec<Hub> = (0..PROCESSES).map(|_| stage.replica()).collect();
    let mut writer = stage.start(&hubs[0]).await;
    // Of each run: what it wrote and may have lost.
    let mut shown = Lines::new();
    let mut readers = vec![(0, stage.watch(&hubs[0], 0)), (0, stage.watch(&hubs[1], 0))];
    let mut last = 2;
    for step in steps {
        match step {
            Step::Write(many, long) => {
                for n in 0..many {
                    let event = delta(format!("{n} {}", "y".repeat(long)));
                    last = writer.append(&event).unwrap();
                    let data = format!(r#"{{"delta":"{n} {}"}}"#, "y".repeat(long));
                    shown.insert(last, data.into_bytes());
                }
                tokio::task::yield_now().await;
            }
            Step::Flush => stage.flush(&mut writer).await,
            Step::Next(process) => {
                stage.finish(writer).await;
                writer = stage.start(&hubs[process]).await;
            }
            Step::Crash(process) => {
                drop(writer);
                writer = stage.take_over(&hubs[process]).await;
            }
            Step::Join(process, from) => {
                let after = last * i64::try_from(from).unwrap() / 100;
                readers.push((after, stage.watch(&hubs[process], after)));
            }
        }
    }
    stage.finish(writer).await;
    let stored = stage.stored(0).await;
    let ends: Vec<i64> = stored.iter().filter(|it| it.is_terminal()).map(Entry::seq).collect();
    let stored: Lines = stored.iter().map(|it| (it.seq(), it.data().to_vec())).collect();
    for (after, reader) in readers {
        let got = reader.await.unwrap();
        prop_assert!(got.is_sorted_by(|one, two| one.seq() < two.seq()), "numbers rise");
        let until = got.last().map_or(after, Entry::seq);
        let got: Lines = got.iter().map(|it| (it.seq(), it.data().to_vec())).collect();
        for (seq, data) in stored.range(after + 1..=until) {
            prop_assert_eq!(got.get(seq), Some(data), "{} is stored", seq);
        }
        for (seq, data) in &got {
            let known = stored.get(seq).or_else(|| shown.get(seq));
            prop_assert_eq!(known, Some(data), "{} was written", seq);
        }
        // One that ends before the last run does has found the conversation quiet between two runs.
        prop_assert!(ends.contains(&until), "{} ends no run", until);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_of_any_history_is_given_what_is_stored_in_order_and_once() {
    let stage = tokio::sync::Mutex::new(Stage::new().await);
    let runtime = tokio::runtime::Handle::current();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let steps = vec(step(), 1..40);
    tokio::task::block_in_place(|| {
        runner.run(&steps, |steps| {
            runtime.block_on(async {
                let mut stage = stage.lock().await;
                stage.another_conversation().await;
                play(&stage, steps).await
            })
        })
    })
    .unwrap();
}
