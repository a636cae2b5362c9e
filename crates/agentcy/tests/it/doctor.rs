//! `agentcy doctor`.

use std::net::TcpListener;

use tempfile::tempdir;

use crate::{agentcy, err, json, out, run};

#[test]
fn settings_are_listed_with_where_they_come_from_and_secrets_hidden() {
    let folder = tempdir().unwrap();
    let output = agentcy(folder.path())
        .args(["doctor", "--config", "--json"])
        .env("DATABASE_URL", "postgres://ada:hunter2@db/agentcy")
        .env("JWT_SECRET", "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!out(&output).contains("hunter2") && !out(&output).contains("kQz7"));
    let report = json(&output);
    assert_eq!(report["ok"], true);
    let settings = report["settings"].as_array().unwrap();
    let find = |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap();
    assert_eq!(find("JWT_SECRET")["origin"], "environment");
    assert_eq!(find("AGENTCY_BIND")["value"], "127.0.0.1:8080");
    assert!(!folder.path().join("data").exists(), "nothing is made");
}

#[test]
fn a_wrong_setting_is_a_failed_check_of_the_document() {
    let folder = tempdir().unwrap();
    let output = agentcy(folder.path())
        .args(["doctor", "--config", "--json"])
        .env("AGENTCY_BIND", "somewhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let report = json(&output);
    assert_eq!(
        (&report["ok"], &report["checks"][0]["name"]),
        (&false.into(), &"AGENTCY_BIND".into())
    );
    assert_eq!(report["checks"][0]["state"], "fail");
}

#[test]
fn what_does_not_answer_is_named_with_its_mend() {
    let folder = tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = taken.local_addr().unwrap();
    let output = agentcy(folder.path())
        .args(["doctor", "--json"])
        .env("AGENTCY_BIND", bind.to_string())
        .env("AGENTCY_DATA_DIR", folder.path().join("data"))
        .env("DATABASE_URL", format!("postgres://ada:hunter2@{nobody}/agentcy"))
        .env("REDIS_URL", format!("redis://:hunter2@{nobody}/0"))
        .env("NEO4J_URI", format!("bolt://{nobody}"))
        .env("NEO4J_PASSWORD", "hunter2-hunter2")
        .output()
        .unwrap();
    drop(taken);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!out(&output).contains("hunter2") && !err(&output).contains("hunter2"));
    let report = json(&output);
    let checks = report["checks"].as_array().unwrap();
    for name in ["postgres", "redis", "neo4j", "address"] {
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["state"], "fail", "{check}");
        assert!(check["mend"].as_str().is_some_and(|mend| !mend.is_empty()), "{check}");
    }
    let folder_check = checks.iter().find(|check| check["name"] == "data folder").unwrap();
    assert_eq!(folder_check["state"], "ok", "{folder_check}");
}

#[test]
fn a_server_that_is_not_there_is_a_failure_and_quiet_says_nothing() {
    let folder = tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let output = run(folder.path(), &["doctor", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("FAIL  server: "), "{output:?}");
    let output = run(folder.path(), &["doctor", "--quiet", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}
