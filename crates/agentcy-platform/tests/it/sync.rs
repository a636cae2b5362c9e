//! Syncs, from the request to the ledger.

mod asked;
mod failing;
mod held;
mod said;
mod script;
mod theatre;
