//! Finds `initdb` and `postgres`, and of several the one that fits the data.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{Error, Result};

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
            if data.is_none_or(|data| data == major) {
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
                format!("AGENTCY_PG_BIN: there is no working initdb and postgres in {}", given.display())
            }
            _ => "there is no PostgreSQL on this machine: `cargo xtask serve` brings one; or set AGENTCY_PG_BIN to the folder of its programs, or DATABASE_URL to a server"
                .to_owned(),
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

/// The folders of PATH, then the newest of Debian's.
fn of_the_machine() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = env::split_paths(&path).collect();
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
    found.retain(|dir| dir.join("initdb").exists() && dir.join("postgres").exists());
    found
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
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta2\n"), Some(19));
        assert_eq!(major("psql: error"), None);
    }
}
