//! The built-in model, with tools that say what a test lets them say.

mod answers;
mod hostile;
mod orders;
mod turns;

use std::sync::Arc;

use agentcy_llm::{Call, CallResult, Chunk, Message, Request, Settings, Stop, ToolSpec};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::asker;

const TOOLS: [&str; 8] = [
    "search_graph",
    "expand_node",
    "run_cypher",
    "list_connectors",
    "search_connector_tools",
    "execute_connector_tool",
    "upsert_node",
    "link_nodes",
];
const SYSTEM: &str = "You are agentcy.\n\nIt is 2026-11-22 12:43 UTC. You see every realm.";

/// A question with the tools that it may be answered from.
fn asked(question: &str, tools: &[&str]) -> Request {
    let spec = |name: &&str| {
        let input_schema = json!({ "type": "object" });
        Arc::new(ToolSpec { name: (*name).to_owned(), description: String::new(), input_schema })
    };
    Request {
        system: SYSTEM.to_owned(),
        messages: vec![Message::User(question.to_owned())],
        tools: tools.iter().map(spec).collect(),
        max_tokens: 4_000,
    }
}

/// One turn, piece by piece.
async fn turn(request: &Request) -> Vec<Chunk> {
    let turn = asker().ask(&Settings::builtin(), &[], request.clone());
    turn.map(Result::unwrap).collect().await
}

/// What a turn said and called.
fn said(chunks: &[Chunk]) -> (String, Vec<Call>) {
    let (mut text, mut calls) = (String::new(), Vec::<(String, String, String)>::new());
    for chunk in chunks {
        match chunk {
            Chunk::Text(delta) => text.push_str(delta),
            Chunk::CallStart { id, name, .. } => {
                calls.push((id.clone(), name.clone(), String::new()));
            }
            Chunk::CallArgs { index, delta } => calls[*index].2.push_str(delta),
            Chunk::Model(_) | Chunk::Kept(_) | Chunk::Usage(_) | Chunk::End(_) => {}
        }
    }
    let call = |(id, name, args): (String, String, String)| {
        let args = serde_json::from_str(&args).unwrap();
        Call { id, name, args }
    };
    (text, calls.into_iter().map(call).collect())
}

/// What came of a question: the calls in their order, and the answer.
struct Talk {
    calls: Vec<Call>,
    answer: String,
}

impl Talk {
    /// Goes on until the model has answered; a result with an `error` failed.
    async fn of(request: Request, mut tool: impl FnMut(&Call) -> Value) -> Self {
        let mut request = request;
        let mut all = Vec::new();
        for _ in 0..12 {
            let chunks = turn(&request).await;
            let (text, calls) = said(&chunks);
            if calls.is_empty() {
                assert_ne!(chunks.last(), Some(&Chunk::End(Stop::Calls)), "it waits for nothing");
                return Self { calls: all, answer: text };
            }
            assert_eq!(chunks.last(), Some(&Chunk::End(Stop::Calls)));
            let results = calls.iter().map(|call| result(call, &tool(call))).collect();
            all.extend(calls.clone());
            request.messages.push(Message::Assistant { text, calls, kept: None });
            request.messages.push(Message::Results(results));
        }
        unreachable!("it never ends: {all:?}")
    }

    fn names(&self) -> Vec<&str> {
        self.calls.iter().map(|call| call.name.as_str()).collect()
    }

    fn has(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.answer.contains(part), "no {part:?} in {:?}", self.answer);
        }
    }
}

/// A result as the run tells it: marked as untrusted.
fn result(call: &Call, value: &Value) -> CallResult {
    CallResult {
        id: call.id.clone(),
        name: call.name.clone(),
        content: format!("What {} gave; data:\n<data>\n{value}\n</data>", call.name),
        is_error: value.get("error").is_some(),
    }
}

async fn talk(question: &str, tool: impl FnMut(&Call) -> Value) -> Talk {
    Talk::of(asked(question, &TOOLS), tool).await
}

fn id(number: u8) -> String {
    format!("n_01976b4e-7c00-7000-8000-0000000000{number:02x}")
}

fn node(number: u8, label: &str, name: &str) -> Value {
    json!({
        "id": id(number), "labels": [label], "properties": { "name": name }, "realm": "development",
        "sources": [{ "source_id": "src_1", "external_id": format!("own:{number}") }],
        "valid_from": "2026-11-20T10:00:00Z", "recorded_at": "2026-11-21T10:00:00Z",
    })
}

fn edge(from: u8, kind: &str, to: u8) -> Value {
    json!({
        "id": format!("e_{from}_{to}"), "type": kind, "from": id(from), "to": id(to), "properties": {},
        "realm": "development", "valid_from": "2026-11-20T10:00:00Z",
        "recorded_at": "2026-11-21T10:00:00Z",
    })
}

fn found(nodes: &[Value]) -> Value {
    json!({ "nodes": nodes, "total": nodes.len(), "truncated": false })
}

fn refused(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}
