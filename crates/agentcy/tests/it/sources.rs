//! `agentcy sources` and `agentcy graph`, from the catalog to a question about what was synced.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{
    chat::{sign_in, succeeded},
    err, json, out,
    process::Machine,
};

/// A git repository with one file in it.
fn repository(folder: &Path) {
    fs::write(folder.join("README.md"), "# Analytical engine\n").unwrap();
    let git = |args: &[&str]| {
        let names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let done = Command::new("git").args(names).args(args).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "README.md"]);
    git(&["commit", "--quiet", "--message", "begin"]);
}

#[tokio::test]
async fn a_source_is_tried_connected_synced_searched_and_removed() {
    let machine = Machine::new();
    repository(machine.home());
    assert_eq!(machine.run(&["sources", "list"]).status.code(), Some(4));
    let _server = machine.start().await;
    sign_in(&machine);
    let run = |arguments: &[&str]| succeeded(machine.run(arguments));

    assert!(out(&run(&["sources", "catalog"])).contains("postgres"));
    let kind = out(&run(&["sources", "catalog", "git"]));
    assert!(kind.contains("--set max_commits") && kind.contains("integer"), "{kind}");
    assert_eq!(machine.run(&["sources", "catalog", "abacus"]).status.code(), Some(5));

    let add = ["sources", "add", "git", "code", "--realm", "development"];
    let settings = ["--set", "path=.", "--set", "max_commits=10"];
    let with = |more: &[&'static str]| [&add[..], &settings, more].concat();
    run(&with(&["--dry-run"]));
    assert_eq!(json(&run(&["sources", "list", "--json"])), Value::Array(Vec::new()));
    let wrong = machine.run(&[&add, &["--set", "path=/nowhere"][..]].concat());
    assert_eq!(wrong.status.code(), Some(1), "{}", err(&wrong));
    assert!(err(&wrong).contains("path"), "{}", err(&wrong));
    let seen = machine.run(&with(&["--credential", "password=hunter2"]));
    assert_eq!(seen.status.code(), Some(1));
    assert!(
        err(&seen).contains("command line") && !err(&seen).contains("hunter2"),
        "{}",
        err(&seen)
    );
    let added = run(&with(&["--sync"]));
    assert!(err(&added).contains("added"), "{}", err(&added));

    let listed = out(&run(&["sources", "list"]));
    assert!(listed.contains("code") && listed.contains("ready"), "{listed}");
    let shown = json(&run(&["sources", "show", "CODE", "--json"]));
    assert_eq!(shown["config"]["max_commits"], 10);
    run(&["sources", "validate", "code"]);
    assert!(out(&run(&["sources", "tools", "code"])).contains("read"));
    let again = json(&run(&["sources", "sync", "code", "--json"]));
    assert_eq!((&again["state"], &again["counts"]["added"]), (&"succeeded".into(), &0.into()));
    assert_eq!(machine.run(&["sources", "sync", "abacus"]).status.code(), Some(5));

    let found = out(&run(&["graph", "search", "readme", "--label", "File", "--source", "code"]));
    assert!(found.starts_with("ID") && found.contains("README.md"), "{found}");
    let found = json(&run(&["graph", "search", "readme", "--label", "File", "--json"]));
    let node = found["items"][0]["id"].as_str().unwrap();
    assert!(out(&run(&["graph", "show", node])).contains("\"path\": \"README.md\""));
    let around = out(&run(&["graph", "expand", node]));
    assert!(around.contains("TOUCHED") && around.contains("begin"), "{around}");
    let asked = [
        "graph",
        "cypher",
        "MATCH (f:File {path: $path}) RETURN f.path AS file, f",
        "--param",
        "path=README.md",
    ];
    let asked = out(&run(&asked));
    assert!(asked.starts_with("file") && asked.contains("(README.md:File)"), "{asked}");
    let counts = out(&run(&["graph", "stats"]));
    assert!(counts.contains("Commit") && counts.contains("code"), "{counts}");
    let unknown = machine.run(&["graph", "show", "n_01976b4e-7c00-7000-8000-000000000000"]);
    assert_eq!(unknown.status.code(), Some(5), "{}", err(&unknown));

    run(&["sources", "remove", "code", "--purge"]);
    assert!(out(&run(&["sources", "list"])).is_empty());
}

#[tokio::test]
async fn what_a_source_reads_is_uploaded_and_a_sync_of_nothing_fails() {
    let machine = Machine::new();
    let _server = machine.start().await;
    sign_in(&machine);
    let run = |arguments: &[&str]| succeeded(machine.run(arguments));
    let config = r#"{"key":"id","label":"Thing"}"#;
    run(&["sources", "add", "csv", "things", "--realm", "data", "--config", config]);
    let empty = machine.run(&["sources", "sync", "things"]);
    assert_eq!(empty.status.code(), Some(1), "{}", err(&empty));
    fs::write(machine.home().join("things.csv"), "id,title\na,one\nb,two\n").unwrap();
    let kept = run(&["sources", "upload", "things", "things.csv"]);
    assert!(err(&kept).contains("21 bytes"), "{}", err(&kept));
    let synced = json(&run(&["sources", "sync", "things", "--json"]));
    assert_eq!(synced["counts"]["added"], 2, "{synced}");
}
