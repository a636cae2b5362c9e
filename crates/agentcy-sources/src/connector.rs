//! What every connector is.

use std::{collections::BTreeMap, path::Path};

use agentcy_core::tool::Effect;
use agentcy_egress::Egress;
use bytes::Bytes;
use futures_util::{future::BoxFuture, stream::BoxStream};
use schemars::Schema;
use secrecy::SecretString;
use serde_json::Value;

use crate::{Error, Files, Record, Result};

/// Secrets of a source by the names of its credential schema.
pub type Credentials = BTreeMap<String, SecretString>;

/// The most that one call of a tool answers, in bytes of JSON.
pub const MAX_OUTPUT: usize = 64 << 10;

/// A tool that works on the live source.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name, unique in the connector.
    pub name: &'static str,
    /// What it does, for the model that chooses it.
    pub description: &'static str,
    /// The most that it changes; [`Connector::effect`] says what one call does.
    pub effect: Effect,
    /// What it takes.
    pub input_schema: Schema,
}

/// What a tool answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The answer, [`MAX_OUTPUT`] bytes of JSON at most.
    pub content: Value,
    /// Whether something was cut; the content says what and how to ask for less.
    pub truncated: bool,
}

/// What was uploaded for a source.
pub trait Content: Send + Sync {
    /// Reads it from its beginning.
    fn read(&self) -> BoxStream<'_, Result<Bytes>>;
}

/// Everything a connector works with: no store, and no way out but these.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The config, as it was given.
    pub config: &'a Value,
    /// The secrets, opened.
    pub credentials: &'a Credentials,
    /// The network.
    pub egress: &'a Egress,
    /// The files that the org may read.
    pub files: &'a Files,
    /// What was uploaded, if something was.
    pub content: Option<&'a dyn Content>,
    /// What the last applied sync noted, if it noted something.
    pub cursor: Option<&'a Value>,
    /// A folder of the source's own for what can be fetched again, such as a clone. It may be empty at any time.
    pub cache: Option<&'a Path>,
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

    /// The properties of a config that say where credentials are sent. When one changes, they must be given anew.
    fn destinations(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its syncs and tools may run on a worker elsewhere, which has no files and no uploads of the org's.
    fn is_remote(&self, config: &Value) -> bool;

    /// Whether it has something to sync, or tools only.
    fn syncs(&self) -> bool {
        true
    }

    /// Whether it reads what was uploaded for it.
    fn uploads(&self) -> bool {
        false
    }

    /// Whether a sync would get through: checks the settings, then reaches the source.
    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>>;

    /// Everything the source holds now, node and edge in any order, or a [`Record::Delta`] since the cursor.
    ///
    /// It ends at the first error, and is asked again from the start then. What did not change is said in the same
    /// words again.
    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>>;

    /// What can be done with the live source.
    fn tools(&self) -> Vec<Tool> {
        Vec::new()
    }

    /// What this call would change; the arguments need not be valid.
    fn effect(&self, _config: &Value, tool: &str, _args: &Value) -> Effect {
        let tools = self.tools();
        tools.iter().find(|one| one.name == tool).map_or(Effect::Destructive, |one| one.effect)
    }

    /// Runs a tool. Arguments that break its schema are `Invalid`.
    fn execute<'a>(
        &'a self,
        _job: Job<'a>,
        tool: &'a str,
        _args: &'a Value,
    ) -> BoxFuture<'a, Result<Output>> {
        Box::pin(std::future::ready(Err(Error::UnknownTool(tool.to_owned()))))
    }
}
