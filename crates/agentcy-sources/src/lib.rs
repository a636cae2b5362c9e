//! Connectors: one folder each, one small trait.
//!
//! A sync has two halves. *Collect* is here: config and credentials in, records out, no store, so
//! it may run on a remote worker. *Apply* stages, compares and writes, and lives beside the stores.

pub mod cache;
mod catalog;
mod connector;
mod csv;
mod error;
mod files;
mod git;
mod http;
mod ids;
mod json;
mod output;
mod postgres;
mod record;
mod settings;
mod tabular;

pub use catalog::{Catalog, TakenType};
pub use connector::{Connector, Content, Credentials, Job, MAX_OUTPUT, Output, Tool};
pub use csv::Csv;
pub use error::{Error, Result};
pub use files::{Files, RefusedPath};
pub use git::{Git, Limits as GitLimits};
pub use http::Http;
pub use json::Json;
pub use postgres::Postgres;
pub use record::{Cursor, EdgeRecord, End, Fault, Gone, Kind, NodeRecord, Progress, Record};
