//! `postgres`: what a database is made of, and a read-only look into it.

mod config;
mod gate;
mod node;
mod param;
mod query;
mod schema;
mod session;
mod statements;
mod tls;
mod vet;

use agentcy_core::tool::Effect;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use schemars::{Schema, json_schema, schema_for};
use serde_json::Value;

use crate::{Connector, Error, Job, Output, Record, Result, Tool, settings};
use config::Settings;
use session::Session;

/// The connector of PostgreSQL databases, from version 12 on.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Connector for Postgres {
    fn source_type(&self) -> &'static str {
        "postgres"
    }

    fn title(&self) -> &'static str {
        "PostgreSQL"
    }

    fn description(&self) -> &'static str {
        "Schemas, tables, columns, keys, indexes and views of a database, with what depends on what."
    }

    fn config_schema(&self) -> Schema {
        schema_for!(config::Config)
    }

    fn credential_schema(&self) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "password": { "type": "string", "description": "The password of the user that the URL names." },
            },
        })
    }

    /// Whoever chooses the certificates chooses who gets the password.
    fn destinations(&self) -> &'static [&'static str] {
        &["url", "ca_certificates"]
    }

    fn is_remote(&self, _config: &Value) -> bool {
        true
    }

    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>> {
        async move {
            let settings = Settings::read(job)?;
            Session::open(job, &settings, query::MAX_READ).await.map(drop)
        }
        .boxed()
    }

    fn collect<'a>(&'a self, job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        match Settings::read(job) {
            Ok(settings) => schema::collect(job, settings).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn tools(&self) -> Vec<Tool> {
        vec![Tool {
            name: "query",
            description: "Runs one SELECT, VALUES, WITH or EXPLAIN in a read-only transaction and answers its rows.",
            effect: Effect::Read,
            input_schema: schema_for!(query::Args),
        }]
    }

    fn execute<'a>(
        &'a self,
        job: Job<'a>,
        tool: &'a str,
        args: &'a Value,
    ) -> BoxFuture<'a, Result<Output>> {
        async move {
            if tool != "query" {
                return Err(Error::UnknownTool(tool.to_owned()));
            }
            let settings = Settings::read(job)?;
            query::run(job, &settings, settings::read("args", args)?).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod behind_the_gate;
