//! What an answer of a hundred events costs here, without its commits:
//! `cargo test --release -p agentcy-agent log::tests::cost -- --ignored --nocapture`.

use std::{fs, time};

use super::*;

const EVENTS: u32 = 100;

/// Processor time of all threads of this process.
fn spent() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    let texts = threads.flat_map(|thread| fs::read_to_string(thread.path().join("schedstat")));
    let nanos = |text: String| text.split(' ').next().unwrap().parse::<u64>().unwrap();
    Duration::from_nanos(texts.map(nanos).sum())
}

async fn answers(stage: &Stage, many: u32, gap: Option<Duration>, has_reader: bool) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..many {
        let conversation: ConversationId = stage.platform.ids.next();
        let run: RunId = stage.platform.ids.next();
        let place = Place { org: stage.org, conversation, run, fence: 1 };
        let at = Position::after(0, 4096);
        let mut writer = Writer::new(&stage.hub, place, at, Instant::now() + LEASE);
        writer.show_at_once();
        let platform = &stage.platform.platform;
        let mut tail =
            attend(&stage.hub, platform, stage.by.clone(), conversation, 0, Until::Quiet);
        tasks.spawn(async move {
            let mut ticks = gap.map(tokio::time::interval);
            for n in 0..EVENTS {
                if let Some(ticks) = &mut ticks {
                    ticks.tick().await;
                }
                writer.append(&delta(format!("some words of an answer {n} "))).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        });
        if has_reader {
            tasks.spawn(async move {
                let (mut seen, mut frame) = (0, Vec::new());
                while seen < EVENTS {
                    for entry in tail.next().await.unwrap().unwrap() {
                        frame.extend_from_slice(entry.data());
                        seen += 1;
                    }
                    frame.clear();
                }
            });
        }
    }
    tasks.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn an_answer_costs_so_much() {
    let stage = Stage::new().await;
    for (what, many, gap) in [("burst", 500, None), ("paced", 64, Some(Duration::from_millis(10)))]
    {
        for has_reader in [false, true] {
            answers(&stage, many, gap, has_reader).await;
            let (before, begun) = (spent(), time::Instant::now());
            answers(&stage, many, gap, has_reader).await;
            let each = spent().saturating_sub(before) / many;
            println!("{what}, reader {has_reader}: {each:?} of processor, {:?}", begun.elapsed());
        }
    }
}
