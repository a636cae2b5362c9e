//! Rules on source files that no lint knows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::faultless;
use crate::workspace::Workspace;

const LONGEST: usize = 800;
// Besides tests, only these open the door to what no org limits.
const SYSTEM_MAKERS: &[&str] = &["crates/agentcy/src/", "crates/agentcy-testkit/src/"];
const SYSTEM: &str = "::establish(";

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    for file in rust_files(&workspace.root().join("crates"))? {
        let path = file.strip_prefix(workspace.root())?.to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {path}"))?;
        faults.extend(faults_of(&path, &text));
    }
    faultless(&faults)
}

fn faults_of(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    let is_shipped = path.split('/').nth(2) == Some("src");
    if is_shipped && lines > LONGEST {
        faults.push(format!("{path} has {lines} lines, more than {LONGEST}"));
    }
    if is_shipped && !SYSTEM_MAKERS.iter().any(|maker| path.starts_with(maker)) {
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        let calls = code.enumerate().filter(|(_, line)| line.contains(SYSTEM));
        faults.extend(calls.map(|(at, _)| {
            format!("{path}:{}: only the composition root opens the system door", at + 1)
        }));
    }
    faults
}

/// Every Rust file below a folder, in order.
pub(super) fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_long_is_named() {
        let long = "\n".repeat(LONGEST + 1);
        assert_eq!(faults_of("crates/agentcy-bus/src/redis.rs", &long).len(), 1);
        assert!(faults_of("crates/agentcy-bus/tests/it/main.rs", &long).is_empty());
        assert!(faults_of("crates/agentcy-bus/src/lib.rs", &"\n".repeat(LONGEST)).is_empty());
    }

    #[test]
    fn the_system_door_opens_in_the_composition_root_only() {
        let call = "let system = System::establish();";
        assert_eq!(faults_of("crates/agentcy-store/src/system.rs", call).len(), 1);
        assert!(faults_of("crates/agentcy/src/compose.rs", call).is_empty());
        assert!(faults_of("crates/agentcy-testkit/src/app.rs", call).is_empty());
        assert!(faults_of("crates/agentcy-store/tests/it/world.rs", call).is_empty());
        assert!(faults_of("crates/agentcy-store/src/lib.rs", "// System::establish()").is_empty());
    }
}
