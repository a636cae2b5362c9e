//! A real server, real stores and broken networks for tests.

pub mod fault_proxy;
