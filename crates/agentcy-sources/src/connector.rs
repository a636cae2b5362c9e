//! What every connector is.

use std::collections::BTreeMap;

use agentcy_core::tool::Effect;
use agentcy_egress::Egress;
use futures_util::{future::BoxFuture, stream::BoxStream};
use schemars::Schema;
use secrecy::SecretString;
use serde_json::Value;

use crate::{Files, Record, Result};

/// Secrets of a source by the names of its credential schema.
pub type Credentials = BTreeMap<String, SecretString>;

/// A tool that works on the live source.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name, unique in the connector.
    pub name: &'static str,
    /// What it does, for the model that chooses it.
    pub description: &'static str,
    /// What it changes.
    pub effect: Effect,
    /// What it takes.
    pub input_schema: Schema,
}

/// Everything a connector works with: no store, and no way out but these.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The config, as it was given.
    pub config: &'a Value,
    /// The secrets, opened.
    pub credentials: &'a Credentials,
    /// The network.
    pub egress: &'a Egress,
    /// The files that the org may read.
    pub files: &'a Files,
}

/// A kind of source.
pub trait Connector: Send + Sync + 'static {
    /// The name of the kind, such as `git`.
    fn source_type(&self) -> &'static str;

    /// The name for people.
    fn title(&self) -> &'static str;

    /// What it brings into the graph, in a sentence.
    fn description(&self) -> &'static str;

    /// What a config holds.
    fn config_schema(&self) -> Schema;

    /// What credentials hold; each property is a text that is kept secret.
    fn credential_schema(&self) -> Schema;

    /// What can be done with the live source.
    fn tools(&self) -> Vec<Tool> {
        Vec::new()
    }

    /// Whether a sync would get through: checks the settings, then reaches the source.
    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>>;

    /// Everything the source holds now, node and edge in any order; it ends at the first error.
    ///
    /// It is asked again from the start after a failure, and says the same of what did not change.
    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>>;
}
