//! No secret of the environment is ever printed.

use std::{io::Write, process::Stdio};

use crate::{database::Database, err, out, process::Machine};

const ADMIN: &str = "vT7-mQ2x-Lk9w-Rz4p-Hc8s";

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let db = Database::new().await;
    let secrets = [
        ("JWT_SECRET", "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u"),
        ("JWT_SECRET_PREVIOUS", "pW4nZ8cTq1LxV6bRy3MhK9dGj5SfA2eU"),
        (
            "AGENTCY_ENCRYPTION_KEY",
            "9f1c4b7a2e6d8053b1f7c94ae2d60835c7a91e4fb2d8360a5ce17f94b3d2086e",
        ),
        ("AGENTCY_ADMIN_PASSWORD", ADMIN),
        ("AGENTCY_METRICS_TOKEN", "mT5yWc2RvK8nXq4LbZ7hJd1GsP6fA3eU"),
        ("WORKER_TOKEN", "wX3kTz9VnQ5cRb7LmY2hHd8JsG4fP6aE"),
        ("LLM_API_KEY", "sk-Zx81mQv47LtRw92yNc63"),
    ];
    let mut machine = Machine::new()
        .with("AGENTCY_ADMIN_EMAIL", "ops@example.com")
        .with("RUST_LOG", "trace")
        .with("LLM_PROVIDER", "openai")
        .with("DATABASE_URL", db.app());
    for (name, value) in secrets {
        machine = machine.with(name, value);
    }
    let mut server = machine.start().await;
    let url = machine.url().to_string();
    let mut login = machine
        .command(["login", "--url", &url, "--email", "ops@example.com", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    login.stdin.take().unwrap().write_all(ADMIN.as_bytes()).unwrap();
    let login = login.wait_with_output().unwrap();
    assert!(login.status.success(), "{}", err(&login));
    let session = machine.home().join(".config/agentcy/session.json");
    let session: serde_json::Value =
        serde_json::from_slice(&std::fs::read(session).unwrap()).unwrap();
    let token = session["token"].as_str().unwrap().to_owned();

    let mut printed = vec![out(&login), err(&login)];
    for arguments in [
        &["whoami"][..],
        &["whoami", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["doctor", "--config"],
        &["migrate"],
        &["logout"],
    ] {
        let output = machine.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", err(&output));
        printed.extend([out(&output), err(&output)]);
    }
    assert_eq!(server.stop().await.code(), Some(0));
    assert!(server.said().len() > 1_000, "the log is not there");
    printed.push(server.said());
    let printed = printed.join("\n");
    // The password of the database is the name of its login as well, so it is looked for as in a URL.
    let database = ("DATABASE_URL", ":agentcy_test_app@");
    for (name, value) in secrets.iter().chain([&database, &("the session", token.as_str())]) {
        let line = printed.lines().find(|line| line.contains(value));
        assert!(line.is_none(), "{name} is printed: {line:?}");
    }
}
