//! Runs against a scripted model and a real PostgreSQL.

mod approval;
mod cancel;
mod death;
mod decided;
mod fold;
mod hostile;
mod limits;
mod queue;
pub(crate) mod talk;
mod trouble;
mod turn;
