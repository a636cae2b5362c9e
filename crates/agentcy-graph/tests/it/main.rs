//! One contract for both engines, and what is particular to each.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests read where their server is, make ids, spawn what they wait for, and fail by panic"
)]

mod contract;
mod cypher;
mod damage;
mod expand;
mod on_embedded;
mod on_neo4j;
mod reads;
mod sample;
mod several;
mod writers;
