//! A real server, real stores and broken networks for tests.

pub mod app;
pub mod clock;
pub mod fake_llm;
pub mod fake_oidc;
pub mod fault_proxy;

pub mod platform;
pub mod postgres;
pub mod reply;
pub mod rows;
