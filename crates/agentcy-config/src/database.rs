//! PostgreSQL: one that exists, or an embedded one.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::{
    data_dir::absolute,
    fault::{Faulty, Objection},
    parse,
    reader::Reader,
    setting::Setting,
};

const URL: Setting = Setting::url(
    "DATABASE_URL",
    "PostgreSQL 15 or newer; unset: an embedded one in the data directory.",
);
const MIGRATE_URL: Setting = Setting::url(
    "DATABASE_MIGRATE_URL",
    "The same database as its owner, for migrations; unset: DATABASE_URL.",
);
const PG_BIN: Setting = Setting::open(
    "AGENTCY_PG_BIN",
    None,
    "Folder with initdb and postgres for the embedded PostgreSQL; unset: searched for.",
);

pub(crate) const SETTINGS: &[Setting] = &[URL, MIGRATE_URL, PG_BIN];

/// PostgreSQL: one that exists, or an embedded one.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where it is; `None` means the embedded one.
    pub url: Option<SecretString>,
    /// The same database as a role that may change its schema.
    pub migrate_url: Option<SecretString>,
    /// The folder with the programs of the embedded one.
    pub pg_bin: Option<PathBuf>,
}

impl Database {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Faulty> {
        let url = reader.optional(&URL, postgres);
        let migrate_url = reader.optional(&MIGRATE_URL, postgres);
        let directory = &reader.environment.directory;
        let pg_bin = reader.optional(&PG_BIN, |text| Ok(absolute(directory, text)));
        if let (Ok(None), Ok(Some(_))) = (&url, &migrate_url) {
            return Err(reader.fault(
                MIGRATE_URL.name,
                "is set, but DATABASE_URL is not",
                "set DATABASE_URL too, or unset it to use the embedded PostgreSQL",
            ));
        }
        Ok(Self { url: url?, migrate_url: migrate_url?, pg_bin: pg_bin? })
    }
}

fn postgres(text: &str) -> Result<SecretString, Objection> {
    parse::url(text, &["postgres", "postgresql"], "postgres://user:password@host:5432/agentcy")?;
    Ok(SecretString::from(text))
}
