//! `agentcy doctor`.

use std::net::TcpListener;

use serde_json::Value;
use tempfile::tempdir;

use crate::{agentcy, database::Database, err, json, out, process::Machine, run};

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

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("there is no check of {name}: {report}"))
}

fn says<'a>(report: &'a Value, name: &str) -> &'a str {
    check(report, name)["says"].as_str().unwrap()
}

#[test]
fn a_fresh_machine_is_fit_and_stays_fresh() {
    let machine = Machine::new();
    let output = machine.run(&["doctor", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let report = json(&output);
    assert_eq!(report["ok"], true);
    assert!(says(&report, "postgres").starts_with("PostgreSQL 1"), "{report}");
    assert!(says(&report, "postgres").contains("embedded"), "{report}");
    assert!(!machine.data().exists(), "doctor made the data folder");
}

#[tokio::test]
async fn a_running_server_is_asked_from_afar_and_from_beside_it() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let url = machine.url().to_string();
    let afar = run(machine.home(), &["doctor", "--json", "--url", &url]);
    assert!(afar.status.success(), "{afar:?}");
    let report = json(&afar);
    assert!(says(&report, "server").ends_with("is ready"), "{report}");
    assert_eq!(check(&report, "postgres")["state"], "ok");
    assert_eq!(check(&report, "health")["state"], "ok");

    let beside = machine.run(&["doctor", "--json"]);
    assert!(beside.status.success(), "{beside:?}");
    let report = json(&beside);
    assert!(says(&report, "process").contains("it is asked"), "{report}");
    assert!(says(&report, "server").ends_with("is ready"), "{report}");
    assert!(machine.run(&["doctor", "--quiet"]).stdout.is_empty());

    assert_eq!(server.stop().await.code(), Some(0));
    let report = json(&machine.run(&["doctor", "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    assert!(says(&report, "postgres").contains("its data is sound"), "{report}");
}

#[tokio::test]
async fn another_database_is_judged_as_the_server_would() {
    let db = Database::new().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let report = json(&machine.run(&["doctor", "--json"]));
    assert_eq!(report["ok"], true, "{report}");
    let version = says(&report, "postgres").strip_prefix("PostgreSQL ").unwrap();
    assert!(version.as_bytes()[0].is_ascii_digit(), "{report}");

    let superuser = Machine::new().with("DATABASE_URL", db.owner());
    let output = superuser.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = json(&output);
    assert!(says(&report, "postgres").contains("superuser"), "{report}");
    assert_eq!(check(&report, "address")["state"], "ok", "one fault does not colour the others");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named_with_its_mend() {
    let db = Database::new().await;
    let url = format!("{}_of_nobody", db.app());
    let output = Machine::new().with("DATABASE_URL", url).run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = out(&output);
    assert!(said.contains("FAIL  postgres: ") && said.contains("_of_nobody"), "{said}");
    assert!(said.contains("see that DATABASE_URL names it"), "{said}");
    assert!(err(&output).contains("1 check failed"), "{output:?}");
}
