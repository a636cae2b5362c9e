//! Syncs, from the request to the ledger.

mod asked;
mod doubt;
mod failing;
mod held;
mod removed;
mod said;
mod script;
mod theatre;
mod uploads;
