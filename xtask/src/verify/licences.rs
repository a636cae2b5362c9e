//! Licences and banned crates, by the lists of deny.toml, so that cargo-deny judges by the same file.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::faultless;
use crate::workspace::{Workspace, on_path, run};

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root().join("deny.toml"))?;
    let deny: Value = basic_toml::from_str(&text).context("deny.toml")?;
    let allowed = strings(&deny["licenses"]["allow"]);
    let banned = deny["bans"]["deny"].as_array().map(Vec::as_slice).unwrap_or_default();
    let banned: Vec<&str> = banned.iter().filter_map(|ban| ban["crate"].as_str()).collect();

    let metadata = workspace.metadata(false)?;
    let packages = metadata["packages"].as_array().context("metadata without packages")?;
    let mut faults = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if banned.contains(&name) {
            faults.push(format!("{name} is banned"));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_met(licence, &allowed) {
            faults.push(format!(
                "{name} has the licence `{licence}`, which deny.toml does not allow"
            ));
        }
    }
    faultless(&faults)?;
    if on_path("cargo-deny").is_some() {
        let mut deny = Command::new("cargo-deny");
        run(deny.args(["check", "bans", "licenses", "sources"]).current_dir(workspace.root()))?;
    }
    Ok(())
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

fn is_met(licence: &str, allowed: &[&str]) -> bool {
    let mut expression = Expression::new(licence);
    expression.any(allowed) && expression.at == expression.words.len()
}

// An SPDX expression, judged while it is read: `or` is any, `and` is all, `with` belongs to its name.
struct Expression {
    words: Vec<String>,
    at: usize,
}

impl Expression {
    fn new(text: &str) -> Self {
        // Old manifests write a slash for `or`.
        let spaced = text.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        Self { words: spaced.split_whitespace().map(str::to_owned).collect(), at: 0 }
    }

    fn any(&mut self, allowed: &[&str]) -> bool {
        let mut met = self.all(allowed);
        while self.take("OR") {
            met |= self.all(allowed);
        }
        met
    }

    fn all(&mut self, allowed: &[&str]) -> bool {
        let mut met = self.one(allowed);
        while self.take("AND") {
            met &= self.one(allowed);
        }
        met
    }

    fn one(&mut self, allowed: &[&str]) -> bool {
        if self.take("(") {
            let met = self.any(allowed);
            return self.take(")") && met;
        }
        // Past the end the position is too far as well, so a cut expression is never met.
        let mut name = self.words.get(self.at).cloned().unwrap_or_default();
        self.at += 1;
        if self.take("WITH") {
            let exception = self.words.get(self.at).map_or("", String::as_str);
            name = format!("{name} WITH {exception}");
            self.at += 1;
        }
        allowed.contains(&name.as_str())
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "Unicode-3.0"];

    fn allowed(text: &str) -> bool {
        is_met(text, ALLOWED)
    }

    #[test]
    fn one_allowed_alternative_is_enough() {
        assert!(allowed("MIT"));
        assert!(allowed("GPL-3.0 OR MIT"));
        assert!(allowed("Unlicense/MIT"));
        assert!(!allowed("GPL-3.0 OR AGPL-3.0"));
    }

    #[test]
    fn all_joined_licences_must_be_allowed() {
        assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(!allowed("MIT AND OpenSSL"));
        assert!(!allowed("MIT OR Apache-2.0 AND"));
    }

    #[test]
    fn an_exception_is_part_of_the_name() {
        assert!(!allowed("Apache-2.0 WITH LLVM-exception"));
        assert!(allowed("Apache-2.0 WITH LLVM-exception OR MIT"));
        let listed = ["Apache-2.0 WITH LLVM-exception"];
        assert!(is_met(listed[0], &listed));
    }

    #[test]
    fn nonsense_is_not_allowed() {
        for text in ["", "(MIT", "MIT)", "MIT MIT", "OR", "()"] {
            assert!(!allowed(text), "{text}");
        }
    }
}
