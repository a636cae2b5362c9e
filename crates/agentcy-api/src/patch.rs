//! Fields of an update that tell absent from null.

use agentcy_platform::Change;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// Absent leaves the field as it is, null empties it, a value sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patch<T>(pub(crate) Change<T>);

impl<T> Default for Patch<T> {
    fn default() -> Self {
        Self(Change::Keep)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<T>::deserialize(deserializer)?;
        Ok(Self(value.map_or(Change::Clear, Change::Set)))
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}
