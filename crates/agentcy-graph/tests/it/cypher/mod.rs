//! Raw Cypher: the gate, and what stands behind it on each engine.

mod engine;
mod gate;
mod on_embedded;
mod on_neo4j;
mod queries;
