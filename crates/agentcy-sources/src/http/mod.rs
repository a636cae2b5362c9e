//! `http`: calls to one HTTP API, below one base URL. It has tools only, and nothing to sync.

mod answer;
mod call;
mod config;
mod mask;
mod path;

use agentcy_core::tool::Effect;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use http::Method;
use schemars::{Schema, json_schema, schema_for};
use serde_json::Value;

use crate::{Connector, Error, Job, Output, Record, Result, Tool, settings};
use call::{Get, Request};
use config::Settings;
use path::Path;

/// The connector of HTTP APIs.
#[derive(Debug, Clone, Copy)]
pub struct Http;

impl Connector for Http {
    fn source_type(&self) -> &'static str {
        "http"
    }

    fn title(&self) -> &'static str {
        "HTTP API"
    }

    fn description(&self) -> &'static str {
        "Calls to an HTTP API below one base URL. It brings nothing into the graph."
    }

    fn config_schema(&self) -> Schema {
        schema_for!(config::Config)
    }

    fn credential_schema(&self) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "authorization": {
                    "type": "string",
                    "description": "The value of the Authorization header of every call.",
                },
            },
            "patternProperties": {
                "^header\\.[A-Za-z0-9-]+$": {
                    "type": "string",
                    "description": "The value of another header of every call, such as header.X-Api-Key.",
                },
            },
        })
    }

    fn destinations(&self) -> &'static [&'static str] {
        &["base_url"]
    }

    fn is_remote(&self, _config: &Value) -> bool {
        true
    }

    fn syncs(&self) -> bool {
        false
    }

    /// Any answer will do but 401: what is at the base URL itself is up to the API.
    fn validate<'a>(&'a self, job: Job<'a>) -> BoxFuture<'a, Result<()>> {
        async move {
            let settings = Settings::read(job)?;
            let call = settings.call(job.egress, Method::GET, settings.base.clone())?;
            let status = call.send().await?.status();
            if status == http::StatusCode::UNAUTHORIZED {
                return Err(Error::Refused(format!("the server answered {status}")));
            }
            Ok(())
        }
        .boxed()
    }

    fn collect<'a>(&'a self, _job: Job<'a>) -> BoxStream<'a, Result<Record>> {
        let nothing =
            Error::Refused("an http source has tools only, and nothing to sync".to_owned());
        stream::iter([Err(nothing)]).boxed()
    }

    fn tools(&self) -> Vec<Tool> {
        vec![
            Tool {
                name: "get",
                description: "GET of a path below the base URL. It only reads where the source's read_paths say so.",
                effect: Effect::Write,
                input_schema: schema_for!(Get),
            },
            Tool {
                name: "request",
                description: "A call of any method to a path below the base URL.",
                effect: Effect::Write,
                input_schema: schema_for!(Request),
            },
        ]
    }

    fn effect(&self, config: &Value, tool: &str, args: &Value) -> Effect {
        let covers = || {
            let settings = Settings::of(config).ok()?;
            let path = Path::parse(args.get("path")?.as_str()?).ok()?;
            Some(settings.is_read(&path))
        };
        match tool {
            "get" if covers() == Some(true) => Effect::Read,
            // A DELETE is one as well: what can be undone is the API's to say, and a person decides on both.
            "get" | "request" => Effect::Write,
            _ => Effect::Destructive,
        }
    }

    fn execute<'a>(
        &'a self,
        job: Job<'a>,
        tool: &'a str,
        args: &'a Value,
    ) -> BoxFuture<'a, Result<Output>> {
        async move {
            let settings = Settings::read(job)?;
            match tool {
                "get" => call::get(job, &settings, settings::read("args", args)?).await,
                "request" => call::request(job, &settings, settings::read("args", args)?).await,
                other => Err(Error::UnknownTool(other.to_owned())),
            }
        }
        .boxed()
    }
}
