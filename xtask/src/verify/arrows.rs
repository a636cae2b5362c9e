//! Who may know whom: the house of ARCHITECTURE.md as a table.

use anyhow::{Context, Result};
use serde_json::Value;

use super::faultless;
use crate::workspace::Workspace;

const ENGINES: &[&str] =
    &["agentcy-store", "agentcy-graph", "agentcy-bus", "agentcy-llm", "agentcy-sources"];
const GROUND: &[&str] = &["agentcy-core", "agentcy-egress"];

// What each crate may depend on: groups of names. Two crates on one floor do not know each other,
// except that runs know operations.
const ARROWS: &[(&str, &[&[&str]])] = &[
    ("agentcy-core", &[]),
    ("agentcy-egress", &[]),
    ("agentcy-config", &[&["agentcy-core"]]),
    ("agentcy-store", &[GROUND]),
    ("agentcy-graph", &[GROUND]),
    ("agentcy-bus", &[GROUND]),
    ("agentcy-llm", &[GROUND]),
    ("agentcy-sources", &[GROUND]),
    ("agentcy-platform", &[GROUND, ENGINES]),
    ("agentcy-agent", &[GROUND, ENGINES, &["agentcy-platform"]]),
    ("agentcy-api", &[GROUND, &["agentcy-platform", "agentcy-agent"]]),
    ("agentcy-ws", &[GROUND, &["agentcy-platform", "agentcy-agent"]]),
    ("agentcy-ui", &[]),
    // Its daemon has no store: it collects, and speaks to a server.
    (
        "agentcy-worker",
        &[GROUND, &["agentcy-platform", "agentcy-agent", "agentcy-sources", "agentcy-sdk"]],
    ),
    ("agentcy-sdk", &[&["agentcy-core"]]),
    ("xtask", &[]),
];

// The binary composes everything; the testkit stands in for it.
const COMPOSERS: &[&str] = &["agentcy", "agentcy-testkit"];
const TESTKIT: &str = "agentcy-testkit";

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let metadata = workspace.metadata(true)?;
    let packages = metadata["packages"].as_array().context("metadata without packages")?;
    faultless(&packages.iter().flat_map(faults).collect::<Vec<_>>())
}

fn faults(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = dependencies.iter().filter(|dependency| dependency["path"].is_string());
    let known: Vec<(&str, bool)> = own
        .filter_map(|dependency| Some((dependency["name"].as_str()?, dependency["kind"] == "dev")))
        .collect();
    if !COMPOSERS.contains(&name) && !ARROWS.iter().any(|(crate_name, _)| *crate_name == name) {
        return vec![format!("{name} has no floor: add it to the table in xtask and the picture")];
    }
    let refused = known.into_iter().filter(|(other, for_tests)| !may_know(name, other, *for_tests));
    refused.map(|(other, _)| format!("{name} must not know {other}")).collect()
}

fn may_know(name: &str, other: &str, for_tests: bool) -> bool {
    if other == TESTKIT {
        return for_tests;
    }
    if COMPOSERS.contains(&name) {
        return other != "agentcy" && other != "xtask";
    }
    let allowed = ARROWS.iter().find(|(crate_name, _)| *crate_name == name);
    allowed.is_some_and(|(_, groups)| groups.iter().any(|group| group.contains(&other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_down() {
        assert!(may_know("agentcy-platform", "agentcy-store", false));
        assert!(may_know("agentcy-agent", "agentcy-platform", false));
        assert!(may_know("agentcy", "agentcy-api", false));
        assert!(!may_know("agentcy-store", "agentcy-platform", false));
        assert!(!may_know("agentcy-platform", "agentcy-agent", false));
        assert!(!may_know("agentcy-core", "agentcy-config", false));
    }

    #[test]
    fn neighbours_do_not_know_each_other() {
        for engine in ENGINES {
            for other in ENGINES {
                assert!(!may_know(engine, other, false), "{engine} {other}");
            }
        }
        assert!(!may_know("agentcy-api", "agentcy-ws", false));
    }

    #[test]
    fn a_facade_reaches_no_engine() {
        assert!(!may_know("agentcy-api", "agentcy-store", false));
        assert!(!may_know("agentcy-worker", "agentcy-bus", false));
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert!(may_know("agentcy-api", TESTKIT, true));
        assert!(!may_know("agentcy-api", TESTKIT, false));
        assert!(!may_know("agentcy", TESTKIT, false));
    }

    #[test]
    fn a_fault_names_both_crates_and_a_stranger_is_noticed() {
        let package = serde_json::json!({
            "name": "agentcy-bus",
            "dependencies": [
                { "name": "tokio", "kind": null },
                { "name": "agentcy-core", "kind": null, "path": "/x" },
                { "name": "agentcy-llm", "kind": null, "path": "/x" },
            ],
        });
        assert_eq!(faults(&package), ["agentcy-bus must not know agentcy-llm"]);
        let stranger = serde_json::json!({ "name": "agentcy-new", "dependencies": [] });
        assert_eq!(faults(&stranger).len(), 1);
    }
}
