//! `agentcy tasks` and `agentcy hooks`, against the built-in model.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    agentcy,
    chat::{sign_in, succeeded},
    err, json, out,
    process::Machine,
};

/// Far more than anything takes here; only what would never come runs into it.
const BOUND: Duration = Duration::from_mins(2);
const ASK: &str = "what can you do?";

/// The newest run of a task, once it is over.
fn over(machine: &Machine, task: &str) -> Value {
    let began = Instant::now();
    loop {
        let runs = json(&succeeded(machine.run(&["tasks", "runs", task, "--json"])));
        let newest = &runs["items"][0];
        if matches!(newest["state"].as_str(), Some("succeeded" | "failed" | "cancelled")) {
            return newest.clone();
        }
        assert!(began.elapsed() < BOUND, "{runs}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_task_is_defined_run_watched_switched_off_and_deleted() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["tasks", "list"]).status.code(), Some(4));
    let _server = machine.start().await;
    sign_in(&machine);
    let run = |arguments: &[&str]| succeeded(machine.run(arguments));
    run(&["agents", "create", "keeper", "--instructions", "You keep the list."]);

    let create = ["tasks", "create", "hello", "--agent", "keeper", "--prompt", ASK];
    let schedule =
        [&create[..], &["--cron", "0 7 * * 1-5", "--timezone", "Europe/Berlin"]].concat();
    assert!(err(&run(&schedule)).contains("hello is defined: task_"));
    let listed = out(&run(&["tasks", "list"]));
    assert!(listed.contains("0 7 * * 1-5 Europe/Berlin") && listed.contains("keeper"), "{listed}");
    assert!(out(&run(&["tasks", "show", "HELLO"])).contains(ASK));
    let wrong = machine.run(&[&create[..], &["--cron", "whenever"]].concat());
    assert_eq!(wrong.status.code(), Some(1), "{}", err(&wrong));
    let both = machine.run(&[&create[..], &["--cron", "@daily", "--webhook"]].concat());
    assert_eq!(both.status.code(), Some(2), "{}", err(&both));

    let answer = run(&["tasks", "run", "hello"]);
    assert!(out(&answer).contains("not a language model"), "{answer:?}");
    let done = json(&run(&["tasks", "run", "hello", "--json"]));
    assert_eq!((&done["state"], &done["cause"]["kind"]), (&"succeeded".into(), &"manual".into()));
    assert_eq!(done["transcript"][0]["content"], ASK, "{done}");
    let started = json(&run(&["tasks", "run", "hello", "--background", "--json"]));
    assert_eq!(over(&machine, "hello")["id"], started["id"]);
    let runs = out(&run(&["tasks", "runs", "hello"]));
    assert_eq!(runs.matches("succeeded").count(), 3, "{runs}");
    let shown = out(&run(&["tasks", "runs", "hello", done["id"].as_str().unwrap()]));
    assert!(shown.contains("task.trigger") && shown.contains("assistant:"), "{shown}");
    let cancelled = run(&["tasks", "cancel", "hello", done["id"].as_str().unwrap()]);
    assert!(err(&cancelled).contains("is succeeded"), "{}", err(&cancelled));

    run(&["tasks", "disable", "hello"]);
    let off = machine.run(&["tasks", "run", "hello"]);
    assert_eq!(off.status.code(), Some(1), "{}", err(&off));
    assert!(out(&run(&["tasks", "list"])).contains(" off "));
    run(&["tasks", "enable", "hello"]);
    run(&["tasks", "delete", "hello"]);
    assert_eq!(machine.run(&["tasks", "show", "hello"]).status.code(), Some(5));
}

#[tokio::test]
async fn a_webhook_is_signed_by_the_command_line_and_sets_its_task_off() {
    let machine = Machine::new();
    let _server = machine.start().await;
    sign_in(&machine);
    let run = |arguments: &[&str]| succeeded(machine.run(arguments));
    run(&["agents", "create", "keeper", "--instructions", "You keep the list."]);
    let prompt = "{{ trigger.body.question }}";
    let made = run(&[
        "tasks",
        "create",
        "hook",
        "--agent",
        "keeper",
        "--prompt",
        prompt,
        "--webhook",
        "--json",
    ]);
    let made = json(&made);
    let url = made["trigger"]["url"].as_str().unwrap();
    let secret = made["trigger"]["secret"].as_str().unwrap();
    let read = json(&run(&["tasks", "show", "hook", "--json"]));
    assert_eq!(read["trigger"]["secret"], Value::Null);

    // As somebody who has no session at this server.
    let elsewhere = tempfile::tempdir().unwrap();
    for more in [&[][..], &["--standard"]] {
        let body = r#"{"question":"what's this?"}"#;
        let sign = [&["hooks", "sign", url, "--body", body], more].concat();
        let mut command = agentcy(elsewhere.path());
        command.args(sign).env("AGENTCY_HOOK_SECRET", secret).stdin(Stdio::null());
        let signed = out(&succeeded(command.output().unwrap()));
        assert!(!signed.contains(secret), "{signed}");
        let sent = Command::new("sh").args(["-c", &signed]).output().unwrap();
        let taken = json(&sent);
        assert!(taken["delivery_id"].as_str().unwrap().starts_with("dlv_"), "{taken}");
        let again: Value = json(&Command::new("sh").args(["-c", &signed]).output().unwrap());
        assert_eq!(
            (&again["delivery_id"], &again["duplicate"]),
            (&taken["delivery_id"], &true.into())
        );
        let done = over(&machine, "hook");
        assert_eq!(
            (&done["id"], &done["state"]),
            (&taken["run_id"], &"succeeded".into()),
            "{done}"
        );
    }
    let rotated = run(&["tasks", "rotate", "hook", "--grace-secs", "0"]);
    assert!(out(&rotated).contains("secret: whsec_"), "{rotated:?}");
    let silent = machine.run(&["hooks", "sign", url, "--body", "{}"]);
    assert_eq!(silent.status.code(), Some(1), "{}", err(&silent));
}

#[tokio::test]
async fn workers_are_counted_where_there_are_none() {
    let machine = Machine::new();
    let _server = machine.start().await;
    sign_in(&machine);
    let workers = json(&succeeded(machine.run(&["workers", "--json"])));
    assert_eq!(
        (&workers["items"], &workers["queue_depth"]),
        (&Value::Array(Vec::new()), &0.into())
    );
}
