//! A real server, real stores and broken networks for tests.

#![expect(
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "panicking is how a test fails, and what an assertion gives back may be dropped"
)]

pub mod app;
pub mod bare;
pub mod clock;
pub mod fake_llm;
pub mod fake_oidc;
pub mod fault_proxy;
pub mod faulty_graph;
pub mod outside;
pub mod platform;
pub mod postgres;
pub mod reply;
pub mod rows;
pub mod webhook;
