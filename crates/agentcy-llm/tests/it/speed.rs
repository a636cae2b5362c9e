//! What reading a stream costs; run by hand in release.

use std::time::Instant;

use agentcy_llm::Stop;
use agentcy_testkit::fake_llm::{FakeLlm, Turn};

use crate::{Told, WIRES, asker, request, settings};

const PIECES: usize = 50_000;

/// Everything between the socket and the chunks, with the provider on a thread of its own.
#[test]
#[ignore = "a measurement: cargo test --release -p agentcy-llm -- --ignored speed --nocapture"]
fn a_hundred_chunks_cost() {
    for provider in WIRES {
        let (send, receive) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let fake =
                    FakeLlm::start([Turn::streams((0..PIECES).map(|n| format!("word{n} ")))]);
                send.send(fake.await.unwrap()).unwrap();
                let _ = stopped.await;
            });
        });
        let fake = receive.recv().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for round in 0..3 {
                let turn = asker().ask(&settings(provider, &fake), &[], request());
                let (start, cpu) = (Instant::now(), thread_cpu_micros());
                let said = Told::of(turn).await;
                let (wall, cpu) = (start.elapsed(), thread_cpu_micros() - cpu);
                assert_eq!((said.texts.len(), said.stop), (PIECES, Some(Stop::EndTurn)));
                let hundreds = u64::try_from(PIECES / 100).unwrap();
                println!(
                    "{provider} {round}: {} µs of CPU per 100 chunks, {wall:?}",
                    cpu / hundreds
                );
            }
        });
        drop(stop);
        server.join().unwrap();
    }
}

/// The time this thread has run, as the kernel counts it.
fn thread_cpu_micros() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000
}
