//! `csv`: rows of a table, uploaded or fetched.

mod format;
mod split;

use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use schemars::Schema;
use serde_json::Value;

use crate::{Connector, Job, Record, Result, tabular};
use format::{Format, Table};

/// The connector of CSV files.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

impl Csv {
    fn read(job: Job<'_>) -> Result<(tabular::Mapping, Table)> {
        let config = tabular::read_config::<Format>(job.config, &Format::FIELDS);
        let (mapping, format) = tabular::both(config, tabular::check_credentials(job.credentials))?;
        let table = Table::new(format, &mapping.key)?;
        Ok((mapping, table))
    }
}

impl Connector for Csv {
    fn source_type(&self) -> &'static str {
        "csv"
    }

    fn title(&self) -> &'static str {
        "CSV"
    }

    fn description(&self) -> &'static str {
        "Rows of a CSV file as nodes, with the relations that their columns name."
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
            let (mapping, table) = Self::read(job)?;
            tabular::probe(job, mapping, table).await
        }
        .boxed()
    }

    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        match Self::read(job) {
            Ok((mapping, table)) => tabular::collect(job, mapping, table).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}
