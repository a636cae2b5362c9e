//! The way from the ledger to the graph engine.

mod crash;
mod engines;
mod follow;
mod ledger;
mod race;
mod rebuild;
mod stage;
