//! The steps of the README, word for word.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::process::Machine;

/// What the README needs of jq, for machines without it.
const JQ: &str = r#"#!/bin/sh
case "$*" in
"") cat ;;
"-r ."*) sed -n 's/.*"'"${2#.}"'" *: *"\([^"]*\)".*/\1/p' ;;
*) exit 2 ;;
esac
"#;

#[tokio::test]
async fn the_steps_of_the_readme_work_as_they_are_written() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let steps = steps(&readme);
    assert!(steps.contains("/auth/login") && steps.contains("/api-keys"), "{steps}");

    let machine = Machine::new();
    repository(machine.home());
    let _server = machine.start().await;
    let here = format!("http://localhost:{}", machine.url().port().unwrap());
    let tools = machine.home().join("tools");
    stand_in(&tools);
    let bin = machine.home().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_agentcy"), bin.join("agentcy")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &steps.replace("http://localhost:8080", &here)])
        .env("PATH", format!("{}:{path}:{}", bin.display(), tools.display()))
        .env("HOME", machine.home())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    let (said, words) = documents(&String::from_utf8(output.stdout).unwrap());
    let [me, files, changes, realms] = &said[..] else {
        panic!("four answers are shown: {said:?}")
    };
    assert_eq!(me["user"]["email"], "admin@localhost", "{me}");
    assert_eq!(files["items"][0]["properties"]["path"], "README.md", "{files}");
    assert_eq!(changes["rows"], serde_json::json!([["README.md", 1]]), "{changes}");
    assert!(words.contains("README.md"), "the answer in words: {words}");
    assert!(realms["items"].as_array().is_some_and(|realms| !realms.is_empty()), "{realms}");
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

/// The commands under "Use".
fn steps(readme: &str) -> String {
    let (_, section) = readme.split_once("\n## Use\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```bash\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// Last on the path, so that the real one comes first.
fn stand_in(folder: &Path) {
    let jq = folder.join("jq");
    fs::create_dir(folder).unwrap();
    fs::write(&jq, JQ).unwrap();
    fs::set_permissions(&jq, Permissions::from_mode(0o755)).unwrap();
}
