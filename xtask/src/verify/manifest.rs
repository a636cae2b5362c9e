//! Rules on Cargo.toml: each dependency says what it is for, and what the product is said to be built
//! on is really used.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{faultless, sources};
use crate::workspace::Workspace;

const BUILT_ON: &[&str] = &[
    "tokio",
    "axum",
    "sqlx",
    "neo4rs",
    "deadpool-redis",
    "async-stream",
    "jsonwebtoken",
    "hmac",
    "sha2",
    "aide",
];

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let manifest = fs::read_to_string(workspace.root().join("Cargo.toml"))?;
    let mut faults = without_purpose(&manifest);
    let metadata = workspace.metadata(true)?;
    let packages = metadata["packages"].as_array().context("metadata without packages")?;
    for dependency in BUILT_ON {
        if !used_by_any(packages, dependency)? {
            faults.push(format!("no crate both depends on {dependency} and uses it in its src"));
        }
    }
    faultless(&faults)
}

fn without_purpose(manifest: &str) -> Vec<String> {
    let section = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    lines
        .filter(|line| {
            !line.is_empty() && !line.starts_with('#') && !line.contains("path = \"crates/")
        })
        .filter(|line| line.split_once(" # ").is_none_or(|(_, purpose)| purpose.trim().is_empty()))
        .map(|line| format!("Cargo.toml: no purpose behind `{line}`"))
        .collect()
}

fn used_by_any(packages: &[Value], dependency: &str) -> Result<bool> {
    for package in packages {
        let known = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !known.iter().any(|known| known["name"] == dependency && known["kind"].is_null()) {
            continue;
        }
        let manifest = package["manifest_path"].as_str().context("a package without manifest")?;
        let name = dependency.replace('-', "_");
        for file in sources::rust_files(&std::path::Path::new(manifest).with_file_name("src"))? {
            if is_used(&fs::read_to_string(file)?, &name) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn is_used(source: &str, name: &str) -> bool {
    let path = format!("{name}::");
    source.match_indices(&path).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_purpose_is_named() {
        let manifest = "[workspace.dependencies]\n# ours\nown = { path = \"crates/own\" }\n\nurl = \"2\" # URL parsing\nhex = \"0.4\"\n[profile.dev]\ndebug = 1\n";
        assert_eq!(without_purpose(manifest), ["Cargo.toml: no purpose behind `hex = \"0.4\"`"]);
    }

    #[test]
    fn use_is_the_name_as_a_path() {
        assert!(is_used("use axum::Router;", "axum"));
        assert!(is_used("async_stream::stream! {}", "async_stream"));
        assert!(!is_used("use my_axum::Router; // axum", "axum"));
    }
}
