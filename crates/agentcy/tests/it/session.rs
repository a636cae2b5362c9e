//! `agentcy login`, `whoami` and `logout` without a server.

use std::{io::Write, net::TcpListener, process::Stdio};

use tempfile::tempdir;

use crate::{agentcy, err, run};

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
