//! Runs of tasks against a scripted model and a real PostgreSQL.

mod approval;
mod begin;
mod cause;
mod death;
mod overlap;
mod refusal;
mod yard;
