//! Which field of a record is what.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::{Result, settings::Faults};

/// The longest name, label or id of a record.
pub(crate) const MAX_NAME: usize = 1024;
const MAX_LABELS: usize = 64;
const MAX_RELATIONS: usize = 64;
const MAX_PREFIX: usize = 256;
const MAX_SEPARATOR: usize = 16;
const MAX_URL: usize = 4096;

/// Which field of a record is what. All other fields are properties.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    /// The field that identifies a record: a text or a number, and no two records have the same.
    pub(crate) key: String,
    /// The label of the records, or a list of them.
    pub(crate) label: Labels,
    /// The field that is shown as the name of the record.
    pub(crate) name: Option<String>,
    /// What is put before a record's key so that other sources of the realm mean the same thing by it, such as
    /// `mailto:`; it may be empty. Without it the records are this source's alone.
    pub(crate) shared: Option<String>,
    /// The field that says since when the record holds, as RFC 3339.
    pub(crate) valid_from: Option<String>,
    /// How records hang together with others. The fields of relations are no properties.
    #[serde(default)]
    pub(crate) relations: Vec<Relation>,
    /// Where the file is fetched, by http or https. Without it the uploaded file is read.
    pub(crate) url: Option<String>,
}

/// One label or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub(crate) enum Labels {
    One(String),
    Many(Vec<String>),
}

/// A field whose values name other things.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relation {
    /// The field: a text or number, or a list of them.
    pub(crate) field: String,
    /// The type of the relation, such as `OWNS`.
    #[serde(rename = "type")]
    pub(crate) edge_type: String,
    /// What the values name. Without it: the keys of other records of this source.
    pub(crate) to: Option<Target>,
    /// Whether the relation leads from the record (`out`) or to it (`in`).
    #[serde(default)]
    pub(crate) direction: Direction,
    /// What stands between the values where a text holds several.
    pub(crate) separator: Option<String>,
}

/// What a relation leads to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// The label of nodes that are made here, one for each value. Without it, the nodes are another source's.
    pub(crate) label: Option<String>,
    /// What is put before a value to make it the key that all sources of the realm know, such as `mailto:`.
    pub(crate) shared: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    #[default]
    Out,
    In,
}

impl Labels {
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(label) => std::slice::from_ref(label),
            Self::Many(labels) => labels,
        }
    }
}

impl Mapping {
    pub(crate) fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let is_name = |text: &str| (1..=MAX_NAME).contains(&text.len());
        let is_prefix =
            |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= MAX_PREFIX);
        faults.require(is_name(&self.key), "config.key", NAME_RULE);
        let labels = self.label.as_slice();
        let is_short = (1..=MAX_LABELS).contains(&labels.len());
        faults.require(is_short, "config.label", "1 to 64 labels");
        faults.require(labels.iter().all(|label| is_name(label)), "config.label", NAME_RULE);
        for (path, field) in [("config.name", &self.name), ("config.valid_from", &self.valid_from)]
        {
            faults.require(field.as_deref().is_none_or(is_name), path, NAME_RULE);
        }
        faults.require(is_prefix(&self.shared), "config.shared", PREFIX_RULE);
        let is_short = self.relations.len() <= MAX_RELATIONS;
        faults.require(is_short, "config.relations", "at most 64 relations");
        let mut seen = HashSet::new();
        for (index, relation) in self.relations.iter().take(MAX_RELATIONS).enumerate() {
            let at = |field: &str| format!("config.relations[{index}].{field}");
            faults.require(is_name(&relation.field), at("field"), NAME_RULE);
            faults.require(is_name(&relation.edge_type), at("type"), NAME_RULE);
            let is_new = seen.insert((&relation.field, &relation.edge_type));
            faults.require(is_new, at("type"), "once for each field");
            let separator = relation.separator.as_ref();
            let fits = separator.is_none_or(|text| (1..=MAX_SEPARATOR).contains(&text.len()));
            faults.require(fits, at("separator"), "1 to 16 bytes");
            if let Some(Target { label, shared }) = &relation.to {
                faults.require(
                    label.is_some() || shared.is_some(),
                    at("to"),
                    "`label`, `shared` or both",
                );
                faults.require(label.as_deref().is_none_or(is_name), at("to.label"), NAME_RULE);
                faults.require(is_prefix(shared), at("to.shared"), PREFIX_RULE);
            }
        }
        if let Some(url) = &self.url {
            faults.require(self.place().is_some() && url.len() <= MAX_URL, "config.url", URL_RULE);
        }
        faults.into_result()
    }

    /// Where the file is fetched.
    pub(crate) fn place(&self) -> Option<Url> {
        let url = Url::parse(self.url.as_deref()?).ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
    }
}

const NAME_RULE: &str = "1 to 1024 bytes";
const PREFIX_RULE: &str = "at most 256 bytes";
const URL_RULE: &str = "an http or https URL without user and password";
