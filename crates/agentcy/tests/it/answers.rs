//! What the command line makes of a server that refuses, vanishes, hangs or would steer the terminal.

use std::{fs::File, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    agentcy, err,
    stand_in::{Say, StandIn, refusal},
};

const SOURCE: &str = "src_01976b4e-7c00-7000-8000-000000000000";

fn source() -> Say {
    let name = "crm\u{1b}]52;c;x\u{7}";
    Say::Json(
        200,
        json!({ "id": SOURCE, "name": name, "source_type": "csv", "realm": "crm", "state": "ready", "config": {} }),
    )
}

fn sync(state: &str) -> Value {
    json!({ "id": "job_1", "source_id": SOURCE, "state": state, "projected": state == "succeeded" })
}

#[test]
fn a_refusal_names_every_field_and_repeats_the_other_side_and_steers_no_terminal() {
    let server = StandIn::new(|request| {
        if request == "POST /api/v1/agents" {
            let fields = json!([
                { "path": "name", "message": "is empty" },
                { "path": "tools[0]", "message": "is no tool\u{1b}[2J" },
            ]);
            refusal(400, "invalid", "2 fields are invalid", &json!({ "fields": fields }))
        } else {
            let upstream = "password authentication failed for user \"x\"\u{9b}2J\u{202e}";
            let message = "the source refused\u{1b}]52;c;bXk=\u{7}";
            refusal(422, "upstream_refused", message, &json!({ "upstream": upstream }))
        }
    });
    let create = ["agents", "create", "", "--instructions", "x", "--tool", "nope"];
    let output = server.command(&create).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = err(&output);
    assert!(told.contains("name: is empty") && told.contains("tools[0]: is no tool"), "{told}");

    let refused = server.command(&["sources", "validate", SOURCE]).output().unwrap();
    let words = err(&refused);
    assert!(words.contains("password authentication failed for user \"x\""), "{words}");
    for told in [told, words] {
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!told.contains(steers), "{told:?}");
    }
}

#[test]
fn a_document_shows_what_would_steer_a_terminal_as_json_does() {
    let server = StandIn::new(|_| {
        Say::Json(
            200,
            json!({ "id": SOURCE, "name": "a\u{9b}2J\u{202e}", "source_type": "csv", "realm": "crm", "state": "ready" }),
        )
    });
    let shown = server.command(&["sources", "show", SOURCE, "--json"]).output().unwrap();
    let text = crate::out(&shown);
    assert!(text.contains("a\\u009b2J\\u202e"), "{text}");
    assert_eq!(crate::json(&shown)["name"], "a\u{9b}2J\u{202e}");
}

#[test]
fn who_is_not_signed_in_any_more_is_told_where_to() {
    let server = StandIn::new(|_| refusal(401, "unauthenticated", "not valid", &Value::Null));
    let output = server.command(&["whoami"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let mend = format!("agentcy login --url {}", server.url);
    assert!(err(&output).contains(&mend), "{}", err(&output));
}

#[test]
fn a_poll_that_is_lost_does_not_end_the_watching_of_a_sync() {
    let mut polls = 0;
    let server = StandIn::new(move |request| match request.split(' ').next() {
        Some("POST") => Say::Json(202, sync("running")),
        _ if !request.contains("/syncs/") => source(),
        _ => {
            polls += 1;
            match polls {
                1 => Say::Json(200, sync("running")),
                2 | 4 => Say::Cut,
                3 => Say::Json(502, json!("a proxy")),
                _ => Say::Json(200, sync("succeeded")),
            }
        }
    });
    let output = server.command(&["sources", "sync", SOURCE]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!err(&output).contains('\u{1b}'), "{output:?}");
}

#[test]
fn an_interrupt_ends_a_chat_that_has_not_begun() {
    let (told, heard) = std::sync::mpsc::channel();
    let server = StandIn::new(move |_| {
        told.send(()).unwrap();
        Say::Nothing
    });
    let mut command = server.command(&["chat", "hello"]);
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    heard.recv().unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
}

#[test]
fn what_cannot_be_written_is_a_failure_and_a_reader_that_left_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = agentcy(folder.path()).arg("openapi").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(err(&output).contains("cannot be written"), "{}", err(&output));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = agentcy(folder.path()).arg("openapi").stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_document_is_printed_by_what_only_does_something_as_well() {
    let server = StandIn::new(|request| match request {
        request if request.ends_with("/content") => Say::Json(200, json!({ "bytes": 3 })),
        request if request.starts_with("DELETE") => Say::Json(204, Value::Null),
        "POST /api/v1/sources/validate" => Say::Json(200, json!({ "ok": true })),
        request if request.starts_with("POST") => Say::Json(200, json!({})),
        request if request.contains("/agents/") => {
            Say::Json(200, json!({ "id": "agt_1", "name": "keeper", "instructions": "" }))
        }
        _ => source(),
    });
    std::fs::write(server.home().join("a.csv"), "id\n").unwrap();
    let said = |arguments: &[&str]| {
        let output = server.command(arguments).arg("--json").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        crate::json(&output)
    };
    assert_eq!(said(&["sources", "upload", SOURCE, "a.csv"])["bytes"], 3);
    for what in ["validate", "remove"] {
        assert_eq!(said(&["sources", what, SOURCE])["id"], SOURCE);
    }
    let add = ["sources", "add", "csv", "x", "--realm", "crm", "--dry-run"];
    assert_eq!(said(&add)["ok"], true);
    assert_eq!(said(&["agents", "delete", "agt_1"])["id"], "agt_1");
    assert_eq!(said(&["logout"])["url"], server.url.as_str());
}

#[test]
fn a_list_that_is_longer_than_its_limit_says_how_it_goes_on() {
    let server = StandIn::new(|_| {
        let node = json!({ "id": "n_1", "labels": ["File"], "properties": {}, "realm": "crm" });
        Say::Json(200, json!({ "items": [node], "next_cursor": "c2", "total": 900 }))
    });
    let page = server.command(&["graph", "search", "x", "--json", "--cursor", "c1"]);
    let page = crate::json(&{ page }.output().unwrap());
    assert_eq!(page["items"][0]["id"], "n_1");
    assert_eq!((&page["next_cursor"], &page["total"]), (&"c2".into(), &900.into()));
}

#[test]
fn a_file_that_no_source_takes_is_not_read() {
    let server = StandIn::new(|_| source());
    let big = File::create(server.home().join("big.csv")).unwrap();
    big.set_len((64 << 20) + 1).unwrap();
    let output = server.command(&["sources", "upload", SOURCE, "big.csv"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(err(&output).contains("64 MiB"), "{}", err(&output));
}
