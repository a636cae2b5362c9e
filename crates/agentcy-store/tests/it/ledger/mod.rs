//! What is written into the ledger, by syncs and by edits.

pub(crate) mod book;
mod edges;
mod edits;
mod hostile;
mod long;
mod merge;
mod model;
mod races;
mod syncs;
mod tenancy;
mod times;
