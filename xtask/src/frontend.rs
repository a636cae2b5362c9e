//! The web UI in `frontend/`: its tools, its pages, its checks and its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::summary::Tally;
use crate::workspace::{Workspace, on_path, output, run as run_command};

/// The oldest Node that builds the pages.
const NODE: (u64, u64) = (20, 9);
/// What is made and what is fetched says nothing of whether the pages are fresh.
const NOT_SOURCES: &[&str] = &["node_modules", ".next", "out", "e2e", "next-env.d.ts"];

/// The folder of the web UI, on a machine that can build it.
pub(crate) struct Frontend {
    dir: PathBuf,
}

impl Frontend {
    /// Fails where Node is missing or too old, and says which is needed.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        let (major, minor) = NODE;
        let wanted = format!("Node {major}.{minor} or newer, with npm");
        if on_path("npm").is_none() || on_path("node").is_none() {
            bail!("{wanted}, is not on PATH");
        }
        let printed = output(Command::new("node").arg("--version"))?;
        let version = String::from_utf8_lossy(&printed).trim().to_owned();
        if version_of(&version).is_none_or(|version| version < NODE) {
            bail!("{wanted}, is needed; this machine has {version}");
        }
        let frontend = Self { dir: workspace.root().join("frontend") };
        frontend.install()?;
        Ok(frontend)
    }

    /// Builds the pages, unless nothing changed since they were built.
    pub(crate) fn build(&self) -> Result<()> {
        let built = modified(&self.dir.join("out/index.html"));
        if built.is_some() && built >= newest(&self.dir)? {
            return Ok(());
        }
        eprintln!("xtask: building the web UI");
        self.npm(&["run", "--silent", "build"])
    }

    /// Lint, layout, types, and what nobody uses.
    pub(crate) fn check(&self) -> Result<()> {
        let faulty = |script: &&&str| self.npm(&["run", "--silent", script]).is_err();
        let failed: Vec<_> =
            ["lint", "format", "types", "knip"].iter().filter(faulty).copied().collect();
        if !failed.is_empty() {
            bail!("npm run {}", failed.join(", npm run "));
        }
        Ok(())
    }

    /// The client as it is made from the published API, by path below the top folder.
    pub(crate) fn client(&self, root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let made = tempfile::tempdir()?;
        let into = made.path().join("generated");
        let mut generate = Command::new("npx");
        generate.args(["--no-install", "openapi-ts", "--silent", "-o"]).arg(&into);
        run_command(generate.current_dir(&self.dir))?;
        let place = self.dir.join("lib/api/generated");
        let place = place.strip_prefix(root).context("the client is outside the workspace")?;
        let mut files = Vec::new();
        each_file(&into, &mut |path| {
            files.push((place.join(path.strip_prefix(&into)?), fs::read(path)?));
            Ok(())
        })?;
        Ok(files)
    }

    /// Runs the tests of the parts, then the journeys through a browser with this server.
    pub(crate) fn test(&self, server: &Path, postgres: &Path) -> Result<Tally> {
        self.build()?;
        let mut tally = self.vitest(&[], |_| {})?;
        tally += self.vitest(&["--config", "vitest.journeys.config.ts"], |journeys| {
            journeys.env("AGENTCY_BINARY", server).env("AGENTCY_PG_BIN", postgres);
        })?;
        Ok(tally)
    }

    fn vitest(&self, args: &[&str], more: impl FnOnce(&mut Command)) -> Result<Tally> {
        let report = tempfile::NamedTempFile::new()?;
        let mut vitest = Command::new("npx");
        vitest.args(["--no-install", "vitest", "run"]).args(args);
        vitest.args(["--reporter=default", "--reporter=json", "--outputFile"]).arg(report.path());
        more(vitest.current_dir(&self.dir));
        // Its exit code says no more than the report.
        let _ = vitest.status().context("cannot start vitest")?;
        let told: Value = serde_json::from_slice(&fs::read(report.path())?)
            .context("vitest ended without a report")?;
        tally_of(&told).context("a report of vitest without its counts")
    }

    fn install(&self) -> Result<()> {
        let installed = modified(&self.dir.join("node_modules/.package-lock.json"));
        if installed.is_some() && installed >= modified(&self.dir.join("package-lock.json")) {
            return Ok(());
        }
        eprintln!("xtask: bringing what the web UI is built with");
        self.npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"])
    }

    fn npm(&self, args: &[&str]) -> Result<()> {
        run_command(Command::new("npm").args(args).current_dir(&self.dir))
    }
}

fn version_of(printed: &str) -> Option<(u64, u64)> {
    let mut parts = printed.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn tally_of(report: &Value) -> Option<Tally> {
    let count = |name: &str| report.get(name)?.as_u64();
    // A file that cannot even be read holds no test that could fail.
    let broken = count("numFailedTestSuites")?.min(1);
    let failed = count("numFailedTests")?;
    Some(Tally {
        passed: count("numPassedTests")?,
        failed: if failed == 0 { broken } else { failed },
        ignored: count("numPendingTests")? + count("numTodoTests")?,
        filtered: 0,
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

fn newest(dir: &Path) -> Result<Option<SystemTime>> {
    let mut newest = None;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if !path.file_name().is_some_and(|name| NOT_SOURCES.iter().any(|other| name == *other)) {
            let changed = if path.is_dir() { newest_within(&path)? } else { modified(&path) };
            newest = newest.max(changed);
        }
    }
    Ok(newest)
}

fn newest_within(dir: &Path) -> Result<Option<SystemTime>> {
    let mut newest = modified(dir);
    each_file(dir, &mut |path| {
        newest = newest.max(modified(path));
        Ok(())
    })?;
    Ok(newest)
}

/// Tells every file below a folder.
pub(crate) fn each_file(dir: &Path, tell: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { each_file(&path, tell)? } else { tell(&path)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert_eq!(version_of("v20.20.2"), Some((20, 20)));
        assert!(version_of("v20.9.0") >= Some(NODE));
        assert!(version_of("v18.19.1") < Some(NODE));
        assert_eq!(version_of("node"), None);
    }

    #[test]
    fn a_report_with_a_file_that_cannot_be_read_has_failed() {
        let report = |failed, suites| {
            json!({ "numPassedTests": 3, "numFailedTests": failed, "numFailedTestSuites": suites,
                "numPendingTests": 1, "numTodoTests": 0 })
        };
        assert_eq!(tally_of(&report(0, 0)).unwrap().to_string(), "3 passed, 0 failed, 1 skipped");
        assert_eq!(tally_of(&report(2, 1)).unwrap().failed, 2);
        assert_eq!(tally_of(&report(0, 1)).unwrap().failed, 1);
        assert!(tally_of(&json!({})).is_none());
    }

    #[test]
    fn what_is_made_is_no_source() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        write("app/page.tsx");
        let before = newest(dir.path()).unwrap();
        for made in ["out/index.html", "node_modules/x/index.js", ".next/trace"] {
            write(made);
        }
        assert_eq!(newest(dir.path()).unwrap(), before);
    }
}
