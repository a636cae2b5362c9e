//! `cargo xtask generate`: files that are made from the code and committed.

mod queries;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::frontend::{Frontend, each_file};
use crate::workspace::{Workspace, output};

pub(crate) const HELP: &str = "
usage: cargo xtask generate [--check]

Writes what is made from the code:
  crates/agentcy-store/.sqlx   query data, from a throwaway PostgreSQL with all migrations
  .env.example                 every setting with its default
  docs/openapi.json            the published API
  frontend/lib/api/generated   its client in TypeScript

  --check   write nothing; fail and name the files that differ from what is committed
";

// Path below the top folder → content; `None` means that the file must not be there.
type Files = BTreeMap<PathBuf, Option<Vec<u8>>>;

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [option] if option == "--check" => true,
        _ => bail!("usage: cargo xtask generate [--check]"),
    };
    // Query data first and at once: without it the binary that prints the others may not compile.
    let mut stale = settle(workspace.root(), queries::files(workspace)?, check)?;
    if !stale.is_empty() {
        return report(&stale);
    }
    let binary = workspace.build_binary_like_tests()?;
    let mut printed = Files::new();
    for (command, path) in [("env-example", ".env.example"), ("openapi", "docs/openapi.json")] {
        printed.insert(PathBuf::from(path), Some(print(&binary, command)?));
    }
    stale = settle(workspace.root(), printed, check)?;
    if stale.is_empty() {
        stale = settle(workspace.root(), client(workspace)?, check)?;
    }
    report(&stale)
}

// What is there and is not made any more goes.
fn client(workspace: &Workspace) -> Result<Files> {
    let root = workspace.root();
    let made = Frontend::find(workspace)?.client(root)?;
    let mut files = Files::new();
    each_file(&root.join("frontend/lib/api/generated"), &mut |path| {
        files.insert(path.strip_prefix(root)?.to_owned(), None);
        Ok(())
    })?;
    files.extend(made.into_iter().map(|(path, content)| (path, Some(content))));
    Ok(files)
}

fn report(stale: &[PathBuf]) -> Result<()> {
    let Some(_) = stale.first() else { return Ok(()) };
    let names: Vec<_> = stale.iter().map(|path| path.display().to_string()).collect();
    bail!("not fresh, run `cargo xtask generate`:\n  {}", names.join("\n  "))
}

// Neither depends on settings, so none are passed.
fn print(binary: &Path, command: &str) -> Result<Vec<u8>> {
    output(Command::new(binary).arg(command).env_clear())
}

// Gives the files that differ; without `check` they are written, and none are left.
fn settle(root: &Path, files: Files, check: bool) -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for (path, wanted) in files {
        let full = root.join(&path);
        if fs::read(&full).ok() == wanted {
            continue;
        }
        if check {
            stale.push(path);
            continue;
        }
        match wanted {
            None => fs::remove_file(&full)?,
            Some(content) => {
                let dir = full.parent().context("a file without a folder")?;
                fs::create_dir_all(dir)?;
                fs::write(&full, content)?;
            }
        }
        println!("{}", path.display());
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_names_what_differs_and_writes_nothing() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("same"), "1").unwrap();
        fs::write(root.path().join("old"), "1").unwrap();
        let files = || {
            let file = |name: &str, text: Option<&str>| {
                (PathBuf::from(name), text.map(|text| text.as_bytes().to_vec()))
            };
            let files = [file("same", Some("1")), file("new/one", Some("2")), file("old", None)];
            files.into_iter().collect::<Files>()
        };
        let names = [PathBuf::from("new/one"), PathBuf::from("old")];
        assert_eq!(settle(root.path(), files(), true).unwrap(), names);
        assert!(!root.path().join("new").exists());
        assert!(settle(root.path(), files(), false).unwrap().is_empty());
        assert!(settle(root.path(), files(), true).unwrap().is_empty());
        assert!(!root.path().join("old").exists());
    }
}
