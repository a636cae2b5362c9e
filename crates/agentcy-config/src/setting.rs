//! What there is to set: one table for the example file, the list of known names and the docs.

use crate::{
    auth, data_dir, database, egress, features, llm, neo4j, redis, secrets, server, telemetry,
};

/// How much of a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// All of it.
    Open,
    /// A URL: what stands before the host and after the path is hidden.
    Url,
    /// Nothing.
    Secret,
}

/// One setting: a variable, and what is known of it before any is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// How much of its value may be shown.
    pub secrecy: Secrecy,
    /// What holds when it is not set, where that is a value.
    pub default: Option<&'static str>,
    /// What it is for, in one line.
    pub doc: &'static str,
}

impl Setting {
    pub(crate) const fn open(
        name: &'static str,
        default: Option<&'static str>,
        doc: &'static str,
    ) -> Self {
        Self { name, secrecy: Secrecy::Open, default, doc }
    }

    pub(crate) const fn url(name: &'static str, doc: &'static str) -> Self {
        Self { name, secrecy: Secrecy::Url, default: None, doc }
    }

    pub(crate) const fn secret(name: &'static str, doc: &'static str) -> Self {
        Self { name, secrecy: Secrecy::Secret, default: None, doc }
    }

    /// The variable that names a file which holds the value; only what is secret has one.
    pub fn file_name(&self) -> Option<String> {
        (self.secrecy != Secrecy::Open).then(|| format!("{}_FILE", self.name))
    }
}

/// Settings that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// The settings in the order in which they are shown.
    pub settings: &'static [Setting],
}

/// Every setting there is.
pub const SECTIONS: &[Section] = &[
    Section { title: "Server", settings: server::SETTINGS },
    Section { title: "Data directory", settings: data_dir::SETTINGS },
    Section { title: "PostgreSQL", settings: database::SETTINGS },
    Section { title: "Graph engine", settings: neo4j::SETTINGS },
    Section { title: "Bus", settings: redis::SETTINGS },
    Section { title: "Who may come in", settings: auth::SETTINGS },
    Section { title: "Stored secrets", settings: secrets::SETTINGS },
    Section { title: "The way out", settings: egress::SETTINGS },
    Section { title: "Features", settings: features::SETTINGS },
    Section { title: "Model provider", settings: llm::SETTINGS },
    Section { title: "Logs and traces", settings: telemetry::SETTINGS },
];

/// Every setting in the order of the sections.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}
