//! Raw Cypher: the gate, and what stands behind it on each engine.

mod gate;
mod queries;
