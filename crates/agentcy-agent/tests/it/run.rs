//! Runs against a scripted model and a real PostgreSQL.

mod approval;
mod cancel;
mod death;
mod decided;
mod fold;
mod hostile;
mod limits;
mod long;
mod queue;
mod strict;
pub(crate) mod talk;
mod trouble;
mod turn;
