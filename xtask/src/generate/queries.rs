//! The data that lets checked queries compile without a database.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::Files;
use crate::postgres::{self, Postgres};
use crate::workspace::{Workspace, run};

const DIR: &str = "crates/agentcy-store/.sqlx";
const SOURCE: &str = "crates/agentcy-store/src/lib.rs";
const MIGRATIONS: &str = "migrations";

/// What the folder of query data must hold.
pub(super) fn files(workspace: &Workspace) -> Result<Files> {
    let postgres = Postgres::start(&postgres::find_or_bring()?)?;
    migrate(&postgres, &workspace.root().join(MIGRATIONS))?;
    let scratch = tempfile::tempdir()?;
    let source = Touched::new(&workspace.root().join(SOURCE))?;
    // The store alone: what stands above it may wait for these very queries to compile.
    let args = ["check", "--ignore-rust-version", "-p", "agentcy-store", "--lib"];
    let mut check = workspace.cargo(args);
    check.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", scratch.path());
    run(check.env("DATABASE_URL", postgres.url()))?;
    drop(source);

    let mut files = Files::new();
    for name in names(&workspace.root().join(DIR))? {
        files.insert(Path::new(DIR).join(name), None);
    }
    for name in names(scratch.path())? {
        let content = fs::read(scratch.path().join(&name))?;
        files.insert(Path::new(DIR).join(name), Some(content));
    }
    Ok(files)
}

// Not by the product's migrator: that one only compiles once the query data is there.
fn migrate(postgres: &Postgres, dir: &Path) -> Result<()> {
    for name in names(dir)? {
        let path = dir.join(&name);
        if path.extension().is_some_and(|end| end == "sql") {
            postgres
                .execute(&fs::read_to_string(&path)?)
                .with_context(|| format!("{MIGRATIONS}/{}", name.display()))?;
        }
    }
    Ok(())
}

fn names(dir: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(Vec::new()) };
    let names: std::io::Result<Vec<PathBuf>> =
        entries.map(|entry| entry.map(|entry| PathBuf::from(entry.file_name()))).collect();
    let mut names = names?;
    names.sort();
    Ok(names)
}

// Makes cargo compile a crate again, and puts the time back so that other builds of it stay fresh.
struct Touched {
    file: File,
    before: SystemTime,
}

impl Touched {
    fn new(path: &Path) -> Result<Self> {
        let file = File::options().append(true).open(path)?;
        let before = file.metadata()?.modified()?;
        file.set_modified(SystemTime::now())?;
        Ok(Self { file, before })
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        let _ = self.file.set_modified(self.before);
    }
}
