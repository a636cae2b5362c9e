//! What the `json` and `csv` connectors share: records with a declared key, labels and relations.

mod content;
mod mapper;
mod mapping;
mod stream;

use agentcy_core::FieldError;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value};

pub(crate) use content::check_credentials;
pub(crate) use mapper::quote;
pub(crate) use mapping::Mapping;
pub(crate) use stream::{collect, probe};

use crate::{Error, Result, settings};

/// The most that one record holds, in bytes as it is written.
pub(crate) const MAX_RECORD: usize = 4 << 20;

/// One record as its format gives it, or why it could not be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// The line it begins in.
    pub(crate) line: u64,
    pub(crate) fields: std::result::Result<Map<String, Value>, String>,
}

/// Cuts a file into records as its bytes come.
pub(crate) trait Rows: Send {
    /// Takes the next bytes. Errors: the file as a whole cannot be read.
    fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<()>;

    /// The file has ended. Errors: in the middle of something.
    fn finish(&mut self, rows: &mut Vec<Row>) -> Result<()>;
}

/// Splits a config into what all formats share and what one format has of its own.
pub(crate) fn read_config<F: serde::de::DeserializeOwned>(
    config: &Value,
    own: &[&str],
) -> Result<(Mapping, F)> {
    let Value::Object(config) = config else {
        return Err(settings::invalid("config", "an object"));
    };
    let (format, mapping): (Map<_, _>, Map<_, _>) =
        config.clone().into_iter().partition(|(name, _)| own.contains(&name.as_str()));
    let mapping: Mapping = settings::read("config", &Value::Object(mapping))?;
    mapping.check()?;
    Ok((mapping, settings::read("config", &Value::Object(format))?))
}

/// The schema of the shared settings with those of one format.
pub(crate) fn config_schema(format: Schema) -> Schema {
    let mut schema = schemars::schema_for!(Mapping);
    let mut format = format.to_value();
    if let (Some(Value::Object(all)), Value::Object(own)) =
        (schema.ensure_object().get_mut("properties"), format["properties"].take())
    {
        all.extend(own);
    }
    schema
}

/// The schema of the credentials.
pub(crate) fn credential_schema() -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "authorization": {
                "type": "string",
                "description": "The value of the Authorization header that goes with the fetch, to the origin of `url` alone.",
            },
        },
    })
}

/// Two results of independent checks, with the faults of both.
pub(crate) fn both<T>(first: Result<T>, second: Result<()>) -> Result<T> {
    match (first, second) {
        (Err(Error::Invalid(mut faults)), Err(Error::Invalid(more))) => {
            faults.extend::<Vec<FieldError>>(more);
            Err(Error::Invalid(faults))
        }
        (first, second) => first.and_then(|first| second.map(|()| first)),
    }
}
