//! Finds `initdb` and `postgres`, and of several the one that fits the data.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{Error, Result};

/// The oldest major version that new data is made with.
const OLDEST: u32 = 15;

/// A folder with PostgreSQL's programs.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    dir: PathBuf,
    major: u32,
}

impl Programs {
    /// The given folder, else one of the machine's; when data is there already, one that can read it.
    pub(super) async fn find(given: Option<&Path>, data: Option<u32>) -> Result<Self> {
        let candidates = given.map_or_else(of_the_machine, |dir| vec![dir.to_path_buf()]);
        let mut other = None;
        for dir in candidates {
            let Some(major) = version(&dir).await else { continue };
            let found = Self { dir, major };
            if data.map_or(major >= OLDEST, |data| data == major) {
                return Ok(found);
            }
            other.get_or_insert(found);
        }
        Err(Error::Unfit(match (other, data, given) {
            (Some(other), Some(data), _) => format!(
                "the data was made by PostgreSQL {data}, and {} is {}: set AGENTCY_PG_BIN to the programs of a PostgreSQL {data}",
                other.dir.display(),
                other.major
            ),
            (_, _, Some(given)) => {
                format!(
                    "AGENTCY_PG_BIN: there is no working initdb and postgres of PostgreSQL {OLDEST} or newer in {}",
                    given.display()
                )
            }
            _ => format!(
                "there is no PostgreSQL {OLDEST} or newer on this machine: install one (`cargo xtask serve` brings it by itself), or set AGENTCY_PG_BIN to the folder of its programs, or DATABASE_URL to a server"
            ),
        }))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }
}

/// The folders of PATH, then the newest of Debian's, then what `cargo xtask serve` brought.
fn of_the_machine() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A link on the path alone does not tell where its fellows are.
    let real = |dir: &Path| Some(fs::canonicalize(dir.join("postgres")).ok()?.parent()?.to_owned());
    let with_real = |dir: PathBuf| [real(&dir), Some(dir)];
    let mut found: Vec<PathBuf> = env::split_paths(&path).flat_map(with_real).flatten().collect();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    debian.sort_by(|a, b| b.cmp(a));
    found.extend(debian.into_iter().map(|(_, dir)| dir));
    found.extend(cache().into_iter().flat_map(|cache| brought(&cache)));
    found.retain(|dir| dir.join("initdb").exists() && dir.join("postgres").exists());
    found
}

/// Where `cargo xtask serve` keeps what it brought; xtask/src/postgres/package.rs says the same.
fn cache() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/agentcy"));
    }
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = if env::consts::OS == "macos" { "Library/Caches" } else { ".cache" };
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(caches)))?;
    Some(caches.join("agentcy"))
}

/// The folders of programs in it, the newest first.
fn brought(cache: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let is_postgres =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("postgresql-");
    let mut found: Vec<PathBuf> = entries.filter(is_postgres).map(|entry| entry.path()).collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|dir| dir.join("native/bin")).collect()
}

async fn version(dir: &Path) -> Option<u32> {
    let mut command = Command::new(dir.join("postgres"));
    let output = command.arg("--version").env_clear().output().await.ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major(text: &str) -> Option<u32> {
    let (_, number) = text.split_once("(PostgreSQL) ")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_brought_is_found_with_the_newest_first() {
        let cache = tempfile::tempdir().unwrap();
        for name in ["postgresql-17.2-linux-x64", "postgresql-18.4.0-linux-x64", "fetch-1"] {
            fs::create_dir_all(cache.path().join(name).join("native/bin")).unwrap();
        }
        let bin = |name| cache.path().join(name).join("native/bin");
        let newest = [bin("postgresql-18.4.0-linux-x64"), bin("postgresql-17.2-linux-x64")];
        assert_eq!(brought(cache.path()), newest);
        assert!(brought(&cache.path().join("nowhere")).is_empty());
    }

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta2\n"), Some(19));
        assert_eq!(major("psql: error"), None);
    }
}
