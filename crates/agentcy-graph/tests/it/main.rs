//! One contract for both engines, and what is particular to each.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read where their server is, make ids, and spawn what they wait for"
)]

mod contract;
mod on_embedded;
mod on_neo4j;
mod sample;
