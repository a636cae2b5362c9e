//! What providers are asked with.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agentcy_llm::{Call, CallResult, Message, ProviderKind, Request, Settings, Stop, ToolSpec};
use agentcy_testkit::fake_llm::{FakeLlm, Turn};
use serde_json::{Value, json};

use crate::{Told, WIRES, asker, request, settings};

fn call(id: &str, name: &str, args: Value) -> Call {
    Call { id: id.to_owned(), name: name.to_owned(), args }
}

fn result(id: &str, content: &str, is_error: bool) -> CallResult {
    CallResult { id: id.to_owned(), name: "f".to_owned(), content: content.to_owned(), is_error }
}

fn tool(name: &str) -> Arc<ToolSpec> {
    let input_schema = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
    let description = format!("Does {name}.");
    Arc::new(ToolSpec { name: name.to_owned(), description, input_schema })
}

/// A conversation with everything in it that may be.
fn long() -> Request {
    Request {
        system: "You are terse.".to_owned(),
        messages: vec![
            Message::User("Who?".to_owned()),
            Message::Assistant { text: String::new(), calls: Vec::new(), kept: None },
            Message::User("Who owns it?".to_owned()),
            Message::Assistant {
                text: "Let me look.".to_owned(),
                calls: vec![
                    call("a", "search", json!({ "q": "it" })),
                    call("b", "list", json!({})),
                ],
                kept: None,
            },
            Message::Results(vec![result("a", "found", false), result("b", "no", true)]),
            Message::Assistant {
                text: String::new(),
                calls: vec![call("c.1", "no such tool!", json!("{\"q\": half"))],
                kept: None,
            },
            Message::Results(vec![result("c.1", "not JSON", true)]),
            Message::User("And?".to_owned()),
        ],
        tools: vec![tool("search"), tool("list")],
        max_tokens: 1_000,
    }
}

async fn body(provider: ProviderKind, request: Request) -> Value {
    let fake = FakeLlm::start([Turn::streams(["ok"])]).await.unwrap();
    let said = Told::of(asker().ask(&settings(provider, &fake), &[], request)).await;
    assert_eq!(said.stop, Some(Stop::EndTurn), "{said:?}");
    fake.seen().remove(0).body
}

#[tokio::test]
async fn a_chat_completion_is_asked_with_all_that_was_said() {
    let body = body(ProviderKind::Openai, long()).await;
    let function = |name: &str| {
        let parameters = tool(name).input_schema.clone();
        let description = format!("Does {name}.");
        json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } })
    };
    let called = |id: &str, name: &str, arguments: &str| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    let at = |message: usize, call: usize| {
        body["messages"][message]["tool_calls"][call]["id"].as_str().unwrap().to_owned()
    };
    let ids = [at(2, 0), at(2, 1), at(5, 0)];
    let is_short = |id: &String| id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    assert!(ids.iter().all(is_short) && ids[0] != ids[1], "{ids:?}");
    let expected = json!({
        "model": "scripted",
        "messages": [
            { "role": "system", "content": "You are terse." },
            { "role": "user", "content": "Who?\n\nWho owns it?" },
            { "role": "assistant", "content": "Let me look.", "tool_calls": [
                called(&ids[0], "search", "{\"q\":\"it\"}"), called(&ids[1], "list", "{}"),
            ]},
            { "role": "tool", "tool_call_id": ids[0], "content": "found" },
            { "role": "tool", "tool_call_id": ids[1], "content": "no" },
            { "role": "assistant", "content": null, "tool_calls": [
                called(&ids[2], "no_such_tool_", "{\"arguments\":\"{\\\"q\\\": half\"}"),
            ]},
            { "role": "tool", "tool_call_id": ids[2], "content": "not JSON" },
            { "role": "user", "content": "And?" },
        ],
        "tools": [function("search"), function("list")],
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": 1_000,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_message_is_asked_with_roles_in_turn_results_first_and_marks_for_the_cache() {
    let body = body(ProviderKind::Anthropic, long()).await;
    let cache = json!({ "type": "ephemeral" });
    let text = |text: &str| json!({ "type": "text", "text": text });
    let results = |id: &str, content: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": content });
    let failed = |id: &str, content: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": content, "is_error": true });
    let schema = tool("search").input_schema.clone();
    let expected = json!({
        "model": "scripted",
        "max_tokens": 1_000,
        "stream": true,
        "system": [{ "type": "text", "text": "You are terse.", "cache_control": cache }],
        "tools": [
            { "name": "search", "description": "Does search.", "input_schema": schema },
            { "name": "list", "description": "Does list.", "input_schema": schema, "cache_control": cache },
        ],
        "messages": [
            { "role": "user", "content": [text("Who?"), text("Who owns it?")] },
            { "role": "assistant", "content": [
                text("Let me look."),
                { "type": "tool_use", "id": "a", "name": "search", "input": { "q": "it" } },
                { "type": "tool_use", "id": "b", "name": "list", "input": {} },
            ]},
            { "role": "user", "content": [results("a", "found"), failed("b", "no")] },
            { "role": "assistant", "content": [
                { "type": "tool_use", "id": "c_1", "name": "no_such_tool_", "input": { "arguments": "{\"q\": half" } },
            ]},
            { "role": "user", "content": [
                failed("c_1", "not JSON"),
                { "type": "text", "text": "And?", "cache_control": cache },
            ]},
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn results_come_before_what_was_said_meanwhile() {
    let mut request = long();
    request.messages.truncate(5);
    request.messages.insert(4, Message::User("Hurry.".to_owned()));
    let body = body(ProviderKind::Anthropic, request).await;
    let content = body["messages"][2]["content"].as_array().unwrap();
    let kinds: Vec<&Value> = content.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
    assert_eq!(content[0]["tool_use_id"], "a");
    assert_eq!(content[2]["cache_control"]["type"], "ephemeral");
}

#[tokio::test]
async fn what_is_empty_is_left_out() {
    for provider in WIRES {
        let bare = Request { system: String::new(), ..request() };
        let body = body(provider, bare).await;
        assert!(body.get("system").is_none() && body.get("tools").is_none(), "{body}");
        assert_eq!(body["messages"][0]["role"], "user");
    }
}

#[tokio::test]
async fn the_same_conversation_is_asked_with_the_same_bytes() {
    for provider in WIRES {
        assert_eq!(
            body(provider, long()).await.to_string(),
            body(provider, long()).await.to_string()
        );
    }
}

#[tokio::test]
async fn a_server_that_takes_less_is_asked_for_less_and_remembered() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let fake = FakeLlm::start_with(move |seen| {
        counted.fetch_add(1, Ordering::Relaxed);
        let body = &seen.body;
        if body.get("stream_options").is_some() {
            Turn::refuses(400, "Unrecognized request argument supplied: stream_options")
        } else if body.get("max_tokens").is_some() {
            Turn::refuses(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.")
        } else {
            assert_eq!(body["max_completion_tokens"], 1_000);
            Turn::streams(["ok"])
        }
    });
    let fake = fake.await.unwrap();
    let asker = asker();
    for expected in [3, 4, 5] {
        let turn = asker.ask(&settings(ProviderKind::Openai, &fake), &[], request());
        assert_eq!(Told::of(turn).await.text(), "ok");
        assert_eq!(tries.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_bound_at_all_is_asked_without_this_once() {
    let fake = FakeLlm::start_with(|seen| {
        let bounds = ["max_tokens", "max_completion_tokens"];
        match bounds.into_iter().find(|bound| seen.body.get(bound).is_some()) {
            Some(bound) => Turn::refuses(400, &format!("'{bound}' is too large: 1000")),
            None => Turn::streams(["ok"]),
        }
    });
    let fake = fake.await.unwrap();
    let asker = asker();
    for expected in [3, 6] {
        let turn = asker.ask(&settings(ProviderKind::Openai, &fake), &[], request());
        assert_eq!(Told::of(turn).await.text(), "ok");
        assert_eq!(fake.seen().len(), expected);
    }
}

#[tokio::test]
async fn a_server_without_a_key_is_asked_without_one() {
    for provider in WIRES {
        let fake = FakeLlm::start([Turn::streams(["ok"])]).await.unwrap();
        let keyless = Settings { api_key: None, ..settings(provider, &fake) };
        assert_eq!(Told::of(asker().ask(&keyless, &[], request())).await.text(), "ok");
        let headers = fake.seen().remove(0).headers;
        assert!(!headers.contains_key("authorization") && !headers.contains_key("x-api-key"));
        assert!(!headers.contains_key("accept-encoding"), "a compressed stream comes in lumps");
    }
}
