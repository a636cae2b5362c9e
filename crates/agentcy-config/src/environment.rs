//! What the process was started with: its variables, its folder, whether it is root.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

/// A snapshot of the process environment. Nothing in the product reads variables but this.
///
/// It prints nothing of itself, since it holds every secret.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, OsString>,
    pub(crate) directory: PathBuf,
    pub(crate) root: bool,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        // A name that is not UTF-8 is none of ours; a deleted start folder leaves paths relative.
        let named = |(name, value): (OsString, _)| Some((name.into_string().ok()?, value));
        Self {
            values: std::env::vars_os().filter_map(named).collect(),
            directory: std::env::current_dir().unwrap_or_default(),
            root: rustix::process::geteuid().is_root(),
        }
    }

    /// An environment for tests: these variables, started in `/` by an ordinary user.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, directory: PathBuf::from("/"), root: false }
    }

    /// The same, started in this folder.
    #[must_use]
    pub fn in_directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..self }
    }

    /// The same, started by root.
    #[must_use]
    pub fn as_root(self) -> Self {
        Self { root: true, ..self }
    }

    /// The value of a variable; an empty one is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.values.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The names of the variables that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("variables", &self.values.len()).finish_non_exhaustive()
    }
}
