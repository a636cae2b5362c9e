//! `agentcy init`.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use agentcy_config::SECTIONS;
use tempfile::tempdir;

use crate::{agentcy, err, json, out, run};

pub(crate) fn settings(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_file_is_its_owners_and_the_password_is_on_stdout_alone() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["init", "--admin-email", "ops@example.com"]);
    assert!(output.status.success(), "{output:?}");
    let path = folder.path().join(".env");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let settings = settings(&path);
    assert_eq!(settings["AGENTCY_ADMIN_EMAIL"], "ops@example.com");
    let password = out(&output);
    assert_eq!(settings["AGENTCY_ADMIN_PASSWORD"], password.trim());
    assert!(password.trim().len() >= 20);
    assert!(!err(&output).contains(password.trim()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a draft was left behind");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("kept");
    fs::write(&path, "PRECIOUS=1").unwrap();
    let output = run(folder.path(), &["init", "--file", "kept"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("exists and stays as it is"), "{output:?}");
    assert!(out(&output).is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), "PRECIOUS=1");
    // A link that leads nowhere is there all the same.
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    assert_eq!(run(folder.path(), &["init", "--file", "link"]).status.code(), Some(1));
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn one_json_document_says_the_same() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["init", "--json", "--file", "deep.env"]);
    let made = json(&output);
    let settings = settings(&folder.path().join("deep.env"));
    assert_eq!(made["admin_password"], settings["AGENTCY_ADMIN_PASSWORD"]);
    assert_eq!(made["file"], "deep.env");
    assert!(err(&output).is_empty());
}

#[test]
fn the_compose_file_finds_everything_it_asks_for() {
    let compose = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docker-compose.yml");
    let compose = fs::read_to_string(compose).unwrap();
    let folder = tempdir().unwrap();
    run(folder.path(), &["init"]);
    let settings = settings(&folder.path().join(".env"));
    let asked: Vec<_> = compose
        .split("${")
        .skip(1)
        .filter_map(|text| text.split_once(":?"))
        .map(|(name, _)| name)
        .filter(|name| !name.contains('}'))
        .collect();
    assert!(asked.len() >= 5, "{asked:?}");
    for name in asked {
        assert!(settings.contains_key(name), "{name} is not in {:?}", settings.keys());
    }
}

/// What the compose file decides by itself, or what is of no use in a container.
const NOT_FROM_ENV: [&str; 8] = [
    "AGENTCY_BIND",
    "AGENTCY_DATA_DIR",
    "AGENTCY_PG_BIN",
    "DATABASE_URL",
    "DATABASE_MIGRATE_URL",
    "NEO4J_URI",
    "NEO4J_USER",
    "REDIS_URL",
];

#[test]
fn the_compose_file_hands_every_setting_on() {
    let compose = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docker-compose.yml");
    let compose = fs::read_to_string(compose).unwrap();
    let settings = SECTIONS.iter().flat_map(|section| section.settings).map(|it| it.name);
    let lost = |name: &&str| {
        !NOT_FROM_ENV.contains(name) && !compose.contains(&format!("      {name}: ${{{name}:"))
    };
    assert_eq!(settings.filter(lost).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn an_exposed_server_takes_the_secrets() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["init"]);
    let mut settings = settings(&folder.path().join(".env"));
    let values: std::collections::BTreeSet<_> = settings.values().collect();
    assert_eq!(values.len(), settings.len(), "a secret is there twice");
    // What goes with the stores of the compose file.
    settings.retain(|name, _| name != "NEO4J_PASSWORD");
    let output = agentcy(folder.path())
        .args(["doctor", "--config"])
        .env("AGENTCY_BIND", "0.0.0.0:8080")
        .envs(&settings)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    for (name, value) in settings.iter().filter(|(name, _)| *name != "AGENTCY_ADMIN_EMAIL") {
        assert!(!out(&output).contains(value.as_str()), "doctor shows {name}");
    }
}
