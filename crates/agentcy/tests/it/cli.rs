//! What every command has, and what comes of wrong settings.

use tempfile::tempdir;

use crate::{agentcy, err, json, out, run};

#[test]
fn every_command_shows_an_example_in_its_help() {
    let folder = tempdir().unwrap();
    let help = out(&run(folder.path(), &["--help"]));
    let commands: Vec<_> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        let output = run(folder.path(), &[command, "--help"]);
        assert!(output.status.success());
        let help = out(&output);
        let has_example = help.contains("Example") && help.contains(&format!("agentcy {command}"));
        // A command that is its own example needs no other.
        assert!(has_example || command == "logout", "{command}: {help}");
    }
}

#[test]
fn completions_exist_for_the_common_shells() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success());
        assert!(out(&output).contains("doctor"), "{shell}");
    }
}

#[test]
fn wrong_use_is_told_apart_from_failure() {
    let folder = tempdir().unwrap();
    assert_eq!(run(folder.path(), &["--no-such-option"]).status.code(), Some(2));
    assert_eq!(
        run(folder.path(), &["doctor", "--config", "--url", "http://x"]).status.code(),
        Some(2)
    );
}

#[test]
fn all_faults_of_the_settings_are_told_at_once() {
    let folder = tempdir().unwrap();
    for command in ["serve", "migrate", "doctor"] {
        let output = agentcy(folder.path())
            .arg(command)
            .env("AGENTCY_BIND", "somewhere")
            .env("AGENTCY_LOG", "loud")
            .env("JWT_EXPIRY_SECS", "soon")
            .env("AGENTCY_PASSWROD", "x")
            .env("NEO4J_PASSWORD", "hunter2-hunter2")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{command}: {output:?}");
        let told = err(&output);
        for variable in
            ["AGENTCY_BIND", "AGENTCY_LOG", "JWT_EXPIRY_SECS", "AGENTCY_PASSWROD", "NEO4J_PASSWORD"]
        {
            assert!(
                told.contains(&format!("  {variable}: ")),
                "{command} hides {variable}: {told}"
            );
        }
        assert!(told.contains("mend:"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn an_exposed_server_does_not_start_with_the_defaults() {
    let folder = tempdir().unwrap();
    let output =
        agentcy(folder.path()).arg("serve").env("AGENTCY_BIND", "0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = err(&output);
    for variable in ["JWT_SECRET", "AGENTCY_ADMIN_PASSWORD", "AGENTCY_ENCRYPTION_KEY"] {
        assert!(told.contains(variable), "{told}");
    }
    assert!(told.contains("agentcy init"), "{told}");
}

#[test]
fn the_example_of_the_environment_is_the_committed_one() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["env-example"]);
    assert!(out(&output).contains("# AGENTCY_BIND=127.0.0.1:8080"));
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    if let Ok(committed) = std::fs::read_to_string(committed) {
        assert_eq!(out(&output), committed, "run `cargo xtask generate`");
    }
}

#[test]
fn the_openapi_document_is_one_of_3_1() {
    let folder = tempdir().unwrap();
    let document = json(&run(folder.path(), &["openapi"]));
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/api/v1/auth/login"]["post"].is_object());
}

#[test]
fn an_embedded_database_needs_no_migrating() {
    let folder = tempdir().unwrap();
    let output = run(folder.path(), &["migrate", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let done = json(&output);
    assert_eq!((&done["embedded"], &done["applied"]), (&true.into(), &serde_json::json!([])));
    assert!(err(&run(folder.path(), &["migrate"])).contains("agentcy serve"));
}
