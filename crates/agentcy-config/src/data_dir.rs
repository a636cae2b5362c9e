//! Where the server keeps what it makes: embedded stores, secrets of a first start.

use std::path::{Path, PathBuf};

use crate::{fault::Faulty, reader::Reader, setting::Setting};

const DATA_DIR: Setting = Setting::open(
    "AGENTCY_DATA_DIR",
    Some("./data"),
    "Folder of the embedded stores and of secrets made on first start; root: /var/lib/agentcy.",
);

pub(crate) const SETTINGS: &[Setting] = &[DATA_DIR];

/// The embedded PostgreSQL of root runs as an unprivileged user, who must be able to pass every
/// folder above its own; root's home and most start folders do not let it.
const FOR_ROOT: &str = "/var/lib/agentcy";

pub(crate) fn read(reader: &mut Reader<'_>) -> Result<PathBuf, Faulty> {
    let default = if reader.environment.root { Some(FOR_ROOT) } else { DATA_DIR.default };
    let directory = &reader.environment.directory;
    let path = reader.with_default(&DATA_DIR, default, |text| Ok(absolute(directory, text)))?;
    path.ok_or(Faulty)
}

/// A path as seen from the folder in which the server was started, without `.` in it.
pub(crate) fn absolute(directory: &Path, text: &str) -> PathBuf {
    directory.join(text).components().collect()
}
