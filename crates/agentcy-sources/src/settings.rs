//! What somebody gave a connector, read into its own types with the path of each fault.

use agentcy_core::FieldError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// Reads a config, credentials or arguments; `root` is what the paths of faults begin with.
pub(crate) fn read<T: DeserializeOwned>(root: &str, value: &Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { root.to_owned() } else { format!("{root}.{path}") };
        invalid(path, error.inner().to_string())
    })
}

/// One setting breaks a rule.
pub(crate) fn invalid(path: impl Into<String>, message: impl Into<String>) -> Error {
    Error::Invalid(vec![FieldError::new(path, message)])
}

/// Collects faults, to say them all at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    pub(crate) fn require(&mut self, holds: bool, path: impl Into<String>, rule: &str) {
        if !holds {
            self.0.push(FieldError::new(path, rule));
        }
    }

    pub(crate) fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
