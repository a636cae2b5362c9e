//! A real server, real stores and broken networks for tests.
