//! PostgreSQL: found on this machine or brought, and run for as long as we run.

mod package;
mod script;
mod server;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{on_path, output};

pub(crate) use server::{Postgres, free_port};

const OLDEST: u32 = 15;

/// The folder of `initdb` and `postgres`: the machine's own, else brought from the package registry.
pub(crate) fn find_or_bring() -> Result<PathBuf> {
    match find()? {
        Some(bin) => Ok(bin),
        None => package::bring().with_context(|| {
            format!(
                "no PostgreSQL {OLDEST} or newer found, and it cannot be brought; install it, or name \
                 its programs in AGENTCY_PG_BIN"
            )
        }),
    }
}

/// The folder of `initdb` and `postgres` on this machine.
fn find() -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("AGENTCY_PG_BIN").filter(|named| !named.is_empty()) {
        let bin = PathBuf::from(named);
        if !is_usable(&bin) {
            bail!("AGENTCY_PG_BIN={} has no PostgreSQL {OLDEST} or newer", bin.display());
        }
        return Ok(Some(bin));
    }
    if let Some(bin) = on_path("postgres").and_then(|program| bin_of(&program))
        && is_usable(&bin)
    {
        return Ok(Some(bin));
    }
    let mut installed: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        for version in versions.flatten() {
            let number = version.file_name().to_str().and_then(|name| name.parse().ok());
            installed.extend(number.map(|number| (number, version.path().join("bin"))));
        }
    }
    installed.sort();
    Ok(installed.into_iter().rev().map(|(_, bin)| bin).find(|bin| is_usable(bin)))
}

// A link on PATH alone does not tell where initdb is.
fn bin_of(program: &Path) -> Option<PathBuf> {
    Some(program.canonicalize().ok()?.parent()?.to_owned())
}

fn is_usable(bin: &Path) -> bool {
    let mut ask = Command::new(bin.join("postgres"));
    ask.arg("--version").stdin(Stdio::null());
    let version = output(&mut ask).ok().and_then(|text| major(&String::from_utf8_lossy(&text)));
    version.is_some_and(|version| version >= OLDEST) && bin.join("initdb").is_file()
}

fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("mysql"), None);
    }
}
