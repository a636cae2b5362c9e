//! `agentcy login`, `whoami` and `logout`, without a server and with one.

use std::{fs, io::Write, net::TcpListener, os::unix::fs::PermissionsExt, process::Stdio};

use agentcy_sdk::{NewApiKey, Role};
use secrecy::ExposeSecret;
use tempfile::tempdir;

use crate::{
    agentcy, err, json,
    process::{EMAIL, Machine, PASSWORD},
    run,
};

#[test]
fn without_a_session_one_is_sent_to_login() {
    let folder = tempdir().unwrap();
    for command in ["whoami", "logout"] {
        let output = run(folder.path(), &[command]);
        assert!(!output.status.success());
        assert!(err(&output).contains("agentcy login"), "{output:?}");
    }
}

#[test]
fn nobody_is_asked_where_there_is_no_terminal() {
    let folder = tempdir().unwrap();
    let told = |arguments: &[&str]| {
        let output = agentcy(folder.path()).args(arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        err(&output)
    };
    assert!(told(&["login"]).contains("--email"));
    assert!(told(&["login", "--email", "ada@example.com"]).contains("--password-stdin"));
    assert!(told(&["login", "--email", "a@b", "--password-stdin"]).contains("no password"));
}

#[test]
fn a_login_that_fails_leaves_no_session_and_shows_no_password() {
    let folder = tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = agentcy(folder.path())
        .args(["login", "--email", "ada@example.com", "--password-stdin"])
        .args(["--url", &format!("http://{nobody}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hunter2-hunter2\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("cannot be reached"), "{output:?}");
    assert!(!err(&output).contains("hunter2"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_person_signs_in_looks_and_signs_out() {
    let machine = Machine::new();
    let _server = machine.start().await;
    let url = machine.url().to_string();
    let login = |password: &str| {
        let mut child = machine
            .command(["login", "--url", &url, "--email", EMAIL, "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let wrong = login("not the password");
    assert_eq!(wrong.status.code(), Some(4), "{}", err(&wrong));
    assert_eq!(machine.run(&["whoami"]).status.code(), Some(4));

    let signed_in = login(&format!("{PASSWORD}\n"));
    assert!(signed_in.status.success(), "{}", err(&signed_in));
    assert!(signed_in.stdout.is_empty() && err(&signed_in).contains(EMAIL));
    let file = machine.home().join(".config/agentcy/session.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();

    let who = json(&machine.run(&["whoami", "--json"]));
    assert_eq!((&who["email"], &who["url"]), (&EMAIL.into(), &url.clone().into()));
    assert!(who["role"].is_string() && who["expires_at"].is_string(), "{who}");

    let signed_out = machine.run(&["logout"]);
    assert!(signed_out.status.success(), "{}", err(&signed_out));
    assert!(!file.exists());
    assert_eq!(machine.run(&["whoami"]).status.code(), Some(4));
    let token = kept["token"].as_str().unwrap().into();
    let refusal = machine.with_token(&token).me().await.unwrap_err();
    assert!(matches!(refusal, agentcy_sdk::Error::Refused { status: 401, .. }), "{refusal}");
}

#[tokio::test]
async fn a_session_is_renewed_while_it_is_used_and_not_under_the_feet_of_another_command() {
    let machine = Machine::new();
    let _server = machine.start().await;
    crate::chat::sign_in(&machine);
    let file = machine.home().join(".config/agentcy/session.json");
    let kept =
        || -> serde_json::Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    let whoami = || {
        let output = machine.run(&["whoami", "--json"]);
        assert!(output.status.success(), "{}", err(&output));
    };
    let age = || {
        let mut aged = kept();
        assert!(aged["renew_at"].is_string(), "{aged}");
        aged["renew_at"] = "2020-01-01T00:00:00Z".into();
        fs::write(&file, aged.to_string()).unwrap();
    };
    let first = kept()["token"].clone();
    whoami();
    assert_eq!(kept()["token"], first, "it is young");

    age();
    let lock = fs::File::open(machine.home().join(".config/agentcy/session.lock")).unwrap();
    lock.lock_shared().unwrap();
    whoami();
    assert_eq!(kept()["token"], first, "another command works with it");

    lock.unlock().unwrap();
    whoami();
    assert_ne!(kept()["token"], first);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    whoami();
    assert_eq!(machine.run(&["logout"]).status.code(), Some(0));
}

#[tokio::test]
async fn a_token_or_another_org_is_signed_in_with() {
    let machine = Machine::new();
    let _server = machine.start().await;
    let session = machine.session().await;
    let client = machine.with_token(&session.token);
    let key = client.create_api_key(&NewApiKey::new("script", Role::Viewer)).await.unwrap();
    let url = machine.url().to_string();
    let login = |more: &[&str], secret: &str| {
        let mut command = machine.command(["login", "--url", &url]);
        let mut child = command
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let wrong = login(&["--token-stdin"], "ak_live_nobody_x");
    assert_eq!(wrong.status.code(), Some(4), "{}", err(&wrong));
    let signed_in = login(&["--token-stdin"], key.key.expose_secret());
    assert!(signed_in.status.success(), "{}", err(&signed_in));
    let who = json(&machine.run(&["whoami", "--json"]));
    assert_eq!((&who["role"], &who["email"]), (&"viewer".into(), &serde_json::Value::Null));
    let out = machine.run(&["logout"]);
    assert!(out.status.success() && err(&out).contains("stays good"), "{}", err(&out));
    assert_eq!(machine.run(&["whoami"]).status.code(), Some(4));
    assert!(machine.with_token(&key.key).me().await.is_ok());

    let by_password = ["--email", EMAIL, "--password-stdin", "--org"];
    let here = login(&[&by_password[..], &[&session.user.org_id]].concat(), PASSWORD);
    assert!(here.status.success(), "{}", err(&here));
    let elsewhere = ["org_01976b4e-7c00-7000-8000-000000000000"];
    let there = login(&[&by_password[..], &elsewhere].concat(), PASSWORD);
    assert_eq!(there.status.code(), Some(4), "{}", err(&there));
}
