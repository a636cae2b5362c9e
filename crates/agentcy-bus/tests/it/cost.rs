//! What one call costs: `cargo test --release -p agentcy-bus cost -- --ignored --nocapture`.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use agentcy_bus::Policy;
use bytes::Bytes;

use crate::setup::{Setup, key, prefix, url};

const CALLS: u32 = 20_000;

#[tokio::test]
#[ignore = "a measurement, and needs Redis: cargo xtask test brings it"]
async fn a_call_costs_so_much() {
    for on in [Setup::in_process(), Setup::redis(&url(), &prefix())] {
        let bus = &on.bus;
        let value = Bytes::from_static(&[7; 200]);
        bus.put(&key("value"), &value, Duration::from_mins(1)).await.unwrap();
        let report = |what: &str, start: Instant| {
            println!("{:>10} {what:<14} {:?}", bus.engine().name(), start.elapsed() / CALLS);
        };
        let start = Instant::now();
        for _ in 0..CALLS {
            bus.get(&key("value")).await.unwrap();
        }
        report("get", start);
        for (what, limit) in [("limit allowed", u32::MAX), ("limit denied", 600)] {
            let limit = NonZeroU32::new(limit).unwrap();
            let policy = Policy { name: "cost", limit, window: Duration::from_mins(1) };
            let start = Instant::now();
            for _ in 0..CALLS {
                bus.limit(&key(what), &policy).await.unwrap();
            }
            report(what, start);
        }
    }
}
