//! What the README and the pages of `docs/` say to type, word for word.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::process::Machine;

/// What the pages need of jq, for machines without it: the last field of that name in one line of JSON.
const JQ: &str = r#"#!/bin/sh
case "$*" in
"") cat ;;
"-r ."*) sed -n 's/.*"'"${2##*.}"'" *: *"\([^"]*\)".*/\1/p' ;;
*) exit 2 ;;
esac
"#;

#[tokio::test]
async fn the_steps_of_the_readme_work_as_they_are_written() {
    let readme = page("README.md");
    let (_, used) = readme.split_once("\n## Use\n").unwrap();
    let steps = blocks(used.split("\n## ").next().unwrap());
    assert!(steps.contains("/auth/login") && steps.contains("/api-keys"), "{steps}");

    let (said, words) = documents(&typed(&steps).await);
    let [me, files, changes, realms] = &said[..] else {
        panic!("four answers are shown: {said:?}")
    };
    assert_eq!(me["user"]["email"], "admin@localhost", "{me}");
    assert_eq!(files["items"][0]["properties"]["path"], "README.md", "{files}");
    assert_eq!(changes["rows"], serde_json::json!([["README.md", 1]]), "{changes}");
    assert!(words.contains("README.md"), "the answer in words: {words}");
    assert!(realms["items"].as_array().is_some_and(|realms| !realms.is_empty()), "{realms}");
}

#[tokio::test]
async fn the_quickstart_leads_from_a_repository_to_a_run_of_a_task() {
    let said = typed(&blocks(&page("docs/quickstart.md"))).await;
    assert!(said.contains("README.md"), "what changes most: {said}");
    let (_, taken) = said.split_once("\"delivery_id\": \"").unwrap();
    let (delivery, runs) = taken.split_once('"').unwrap();
    assert!(runs.contains(delivery), "the run that it caused: {said}");
}

/// Every other page, each with a server of its own.
const PAGES: [&str; 14] = [
    "adding-an-endpoint",
    "api",
    "builtin",
    "chat",
    "connectors",
    "cypher",
    "deploy",
    "quickstart",
    "README",
    "security",
    "tasks",
    "webhooks",
    "websocket",
    "workers",
];

#[tokio::test]
async fn every_command_of_the_other_pages_works_as_it_is_written() {
    let mut found: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    found.sort_by_key(|name| name.to_lowercase());
    assert_eq!(found, PAGES, "a page is missing here or there");
    for name in PAGES.into_iter().filter(|name| *name != "quickstart") {
        let steps = blocks(&page(&format!("docs/{name}.md")));
        if !steps.is_empty() {
            typed(&steps).await;
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub(crate) fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The commands of a page.
fn blocks(page: &str) -> String {
    let blocks = page.split("```bash\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// What is printed when these are typed beside a fresh server that was started in a repository.
async fn typed(steps: &str) -> String {
    let machine = Machine::new();
    repository(machine.home());
    let _server = machine.start().await;
    let here = format!("http://localhost:{}", machine.url().port().unwrap());
    let tools = machine.home().join("tools");
    stand_in(&tools);
    let bin = machine.home().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_agentcy"), bin.join("agentcy")).unwrap();
    let typing = machine.home().join("typing");
    fs::create_dir(&typing).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &steps.replace("http://localhost:8080", &here)])
        .env("PATH", format!("{}:{path}:{}", bin.display(), tools.display()))
        .env("HOME", machine.home())
        .current_dir(typing)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}\n{steps}");
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON documents that were printed, and everything between them.
fn documents(text: &str) -> (Vec<Value>, String) {
    let (mut said, mut words, mut rest) = (Vec::new(), String::new(), text.trim_start());
    while !rest.is_empty() {
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        if let Some(Ok(document @ Value::Object(_))) = documents.next() {
            rest = rest[documents.byte_offset()..].trim_start();
            said.push(document);
        } else {
            let (line, more) = rest.split_once('\n').unwrap_or((rest, ""));
            words.extend([line, "\n"]);
            rest = more.trim_start();
        }
    }
    (said, words)
}

/// What the server is started in.
pub(crate) fn repository(folder: &Path) {
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

/// Last on the path, so that the real one comes first.
fn stand_in(folder: &Path) {
    let jq = folder.join("jq");
    fs::create_dir(folder).unwrap();
    fs::write(&jq, JQ).unwrap();
    fs::set_permissions(&jq, Permissions::from_mode(0o755)).unwrap();
}
