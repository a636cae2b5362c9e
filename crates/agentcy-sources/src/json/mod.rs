//! `json`: records of a JSON array, of an array inside a document, or one a line.

mod records;
mod split;

use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::Value;

use crate::{Connector, Job, Record, Result, settings::invalid, tabular};
use records::Records;

/// The connector of JSON files.
#[derive(Debug, Clone, Copy)]
pub struct Json;

/// What is JSON's own in a config.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Format {
    /// Where in the document the array of records is, as a JSON pointer such as `/data/items`. Without it the file
    /// is an array, or has one record a line.
    path: Option<String>,
}

const MAX_PATH: usize = 1024;

impl Json {
    fn read(job: Job<'_>) -> Result<(tabular::Mapping, Records)> {
        let config = tabular::read_config::<Format>(job.config, &["path"]);
        let (mapping, format) = tabular::both(config, tabular::check_credentials(job.credentials))?;
        let pointer = format.path.as_deref().map(pointer).transpose()?;
        Ok((mapping, Records::new(pointer)))
    }
}

/// The steps of a JSON pointer (RFC 6901).
fn pointer(path: &str) -> Result<Vec<String>> {
    let is_pointer = (path.is_empty() || path.starts_with('/')) && path.len() <= MAX_PATH;
    if !is_pointer {
        return Err(invalid("config.path", "a JSON pointer such as /data/items"));
    }
    Ok(path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

impl Connector for Json {
    fn source_type(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> &'static str {
        "JSON"
    }

    fn description(&self) -> &'static str {
        "Records of a JSON or NDJSON file as nodes, with the relations that their fields name."
    }

    fn config_schema(&self) -> Schema {
        tabular::config_schema(schemars::schema_for!(Format))
    }

    fn credential_schema(&self) -> Schema {
        tabular::credential_schema()
    }

    fn destinations(&self) -> &'static [&'static str] {
        &["url"]
    }

    fn is_remote(&self, config: &Value) -> bool {
        config.get("url").is_some_and(Value::is_string)
    }

    fn uploads(&self) -> bool {
        true
    }

    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>> {
        async move {
            let (mapping, records) = Self::read(job)?;
            tabular::probe(job, mapping, records).await
        }
        .boxed()
    }

    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        match Self::read(job) {
            Ok((mapping, records)) => tabular::collect(job, mapping, records).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}
