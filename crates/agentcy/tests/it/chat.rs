//! A chat through the binary with the built-in model: answered, asked, and gone on with after the server was killed.

use std::{
    io::Write,
    process::{Child, Output, Stdio},
    time::{Duration, Instant},
};

use agentcy_sdk::Client;
use serde_json::Value;

use crate::{
    err, json, out,
    process::{EMAIL, Machine, PASSWORD},
};

/// Far more than anything takes here; only what would never come runs into it.
const BOUND: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);
const WRITE: &str = "add a Service named payments with tier = gold in the realm infrastructure";

pub(crate) fn sign_in(machine: &Machine) {
    let mut child = spawn(
        machine,
        &["login", "--url", machine.url().as_str(), "--email", EMAIL, "--password-stdin"],
    );
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
}

fn spawn(machine: &Machine, arguments: &[&str]) -> Child {
    let command = &mut machine.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What waits for a decision, once something does.
fn waiting(machine: &Machine) -> Value {
    let began = Instant::now();
    loop {
        let output = machine.run(&["approvals", "--json"]);
        assert!(output.status.success(), "{}", err(&output));
        if let [approval] = json(&output).as_array().unwrap().as_slice() {
            return approval.clone();
        }
        assert!(began.elapsed() < BOUND, "nothing waits");
        std::thread::sleep(POLL);
    }
}

pub(crate) fn succeeded(output: Output) -> Output {
    assert!(output.status.success(), "{output:?}");
    output
}

async fn payments(machine: &Machine) -> u64 {
    let client: Client = machine.with_token(&machine.session().await.token);
    client.search_nodes("payments").page(None).await.unwrap().total
}

#[tokio::test]
async fn a_question_is_answered_on_stdout_or_as_one_document() {
    let machine = Machine::new();
    let nobody = machine.run(&["chat", "hello"]);
    assert_eq!(nobody.status.code(), Some(4), "{}", err(&nobody));
    let _server = machine.start().await;
    sign_in(&machine);

    let answer = succeeded(machine.run(&["chat", "what can you do?"]));
    assert!(out(&answer).contains("not a language model"), "{}", out(&answer));
    let mut piped = spawn(&machine, &["chat", "--json"]);
    piped.stdin.take().unwrap().write_all(b"how many services are there?\n").unwrap();
    let answer = json(&succeeded(piped.wait_with_output().unwrap()));
    assert_eq!(answer["finish_reason"], "end_turn", "{answer}");
    assert!(!answer["content"].as_str().unwrap().is_empty(), "{answer}");
    assert!(!answer["tool_calls"].as_array().unwrap().is_empty(), "{answer}");

    let conversation = answer["conversation_id"].as_str().unwrap();
    let more = succeeded(machine.run(&[
        "chat",
        "--conversation",
        conversation,
        "--json",
        "what can you do?",
    ]));
    assert_eq!(json(&more)["conversation_id"], conversation);
    let unknown =
        machine.run(&["chat", "--conversation", "conv_01976b4e-7c00-7000-8000-000000000000", "x"]);
    assert_eq!(unknown.status.code(), Some(5), "{}", err(&unknown));
    let unknown = machine.run(&["chat", "--agent", "nobody", "x"]);
    assert_eq!(unknown.status.code(), Some(5), "{}", err(&unknown));
    let silent = machine.run(&["chat"]);
    assert_eq!(silent.status.code(), Some(1), "{}", err(&silent));
}

#[tokio::test]
async fn a_chat_goes_on_when_the_server_was_killed_while_it_waited_and_was_approved_afterwards() {
    let machine = Machine::new();
    let server = machine.start().await;
    sign_in(&machine);
    let chat = spawn(&machine, &["chat", WRITE]);
    let before = waiting(&machine);
    assert_eq!((&before["tool"], &before["effect"]), (&"upsert_node".into(), &"write".into()));
    server.kill();

    let _server = machine.start().await;
    assert_eq!(waiting(&machine)["id"], before["id"]);
    assert_eq!(payments(&machine).await, 0);
    let id = before["id"].as_str().unwrap();
    let approved = succeeded(machine.run(&["approvals", "approve", id, "--note", "go on"]));
    assert!(err(&approved).contains("approved"), "{}", err(&approved));
    let chat = succeeded(chat.wait_with_output().unwrap());
    assert!(!out(&chat).trim().is_empty(), "{chat:?}");
    assert!(err(&chat).contains(id) && err(&chat).contains("go on"), "{}", err(&chat));
    assert_eq!(payments(&machine).await, 1);
    let again = machine.run(&["approvals", "approve", id]);
    assert_eq!(again.status.code(), Some(5), "{}", err(&again));
}

#[tokio::test]
async fn a_denied_call_is_told_and_an_agent_is_defined_asked_and_removed() {
    let machine = Machine::new();
    let _server = machine.start().await;
    sign_in(&machine);
    let instructions = "You keep the list of services.";
    succeeded(machine.run(&["agents", "create", "Keeper", "--instructions", instructions]));
    let shown = json(&succeeded(machine.run(&["agents", "show", "keeper", "--json"])));
    assert_eq!((&shown["name"], &shown["instructions"]), (&"Keeper".into(), &instructions.into()));
    assert!(out(&succeeded(machine.run(&["agents", "list"]))).contains("Keeper"));
    let taken = machine.run(&["agents", "create", "keeper", "--instructions", "x"]);
    assert_eq!(taken.status.code(), Some(1), "{}", err(&taken));

    let run = spawn(&machine, &["agents", "run", "keeper", WRITE]);
    let id = waiting(&machine)["id"].as_str().unwrap().to_owned();
    succeeded(machine.run(&["approvals", "deny", &id, "--note", "not today"]));
    let run = succeeded(run.wait_with_output().unwrap());
    assert!(out(&run).contains("not today"), "{run:?}");
    assert_eq!(payments(&machine).await, 0);

    let started = json(&succeeded(machine.run(&[
        "agents",
        "run",
        "keeper",
        "what can you do?",
        "--background",
        "--json",
    ])));
    assert_eq!(started["agent_id"], shown["id"]);
    succeeded(machine.run(&["agents", "delete", "keeper"]));
    let gone = machine.run(&["agents", "show", "keeper"]);
    assert_eq!(gone.status.code(), Some(5), "{}", err(&gone));
}

#[tokio::test]
async fn who_stops_an_answer_that_waits_is_told_that_it_ended_early() {
    let machine = Machine::new();
    let _server = machine.start().await;
    sign_in(&machine);
    let chat = spawn(&machine, &["chat", WRITE]);
    waiting(&machine);
    let pid = rustix::process::Pid::from_child(&chat);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let chat = chat.wait_with_output().unwrap();
    assert_eq!(chat.status.code(), Some(6), "{chat:?}");
    assert!(err(&chat).contains("cancelled"), "{}", err(&chat));
    assert_eq!(json(&machine.run(&["approvals", "--json"])), serde_json::json!([]));
}
