//! Pages as a browser asks for them.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod pages;
