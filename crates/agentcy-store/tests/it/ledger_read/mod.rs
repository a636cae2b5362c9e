//! What is read from the ledger: now, at a moment, by words, and who does not see it.

mod history;
mod moments;
mod now;
mod pages;
mod realms;
mod stats;
mod tenancy;
mod then;
mod words;

/// A number of things, as totals are.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}
