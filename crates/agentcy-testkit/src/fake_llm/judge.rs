//! What the real providers insist on.

use axum::http::HeaderMap;
use serde_json::Value;

use super::Wire;

type Verdict = Result<(), String>;

/// Judges a call as the provider of its wire would.
pub(super) fn judge(wire: Wire, headers: &HeaderMap, body: &Value) -> Verdict {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !body["model"].is_string() || messages.is_empty() {
        return Err("model and messages are required".to_owned());
    }
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = tools.iter().map(|tool| match wire {
        Wire::Openai => &tool["function"]["name"],
        Wire::Anthropic => &tool["name"],
    });
    for name in names {
        is_name(name)?;
    }
    match wire {
        Wire::Openai => openai(messages),
        Wire::Anthropic => {
            if headers.get("anthropic-version").is_none_or(|version| version != "2023-06-01") {
                return Err("anthropic-version: header is required".to_owned());
            }
            if !body["max_tokens"].is_u64() {
                return Err("max_tokens: Field required".to_owned());
            }
            anthropic(messages)
        }
    }
}

fn strings<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|item| item[key].as_str()).collect()
}

/// Letters, digits, `_` and `-`, at most 64.
fn is_name(name: &Value) -> Verdict {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match name.as_str() {
        Some(name) if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) => Ok(()),
        _ => Err(format!("Invalid name of a tool: {name}")),
    }
}

fn openai(messages: &[Value]) -> Verdict {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            is_name(&call["function"]["name"])?;
            if call["id"].as_str().is_none_or(|id| !(1..=40).contains(&id.len())) {
                return Err("Invalid 'tool_calls[0].id': string too long, at most 40".to_owned());
            }
        }
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|open| *open == id) else {
                return Err("messages with role 'tool' must be a response to a preceding message \
                            with 'tool_calls'."
                    .to_owned());
            };
            open.remove(at);
            continue;
        }
        if !open.is_empty() {
            return Err(format!(
                "An assistant message with 'tool_calls' must be followed by tool messages \
                 responding to each 'tool_call_id': {}",
                open.join(", ")
            ));
        }
        open = strings(&message["tool_calls"], "id");
    }
    if open.is_empty() { Ok(()) } else { Err("tool messages are missing".to_owned()) }
}

fn anthropic(messages: &[Value]) -> Verdict {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        if message["content"].as_str().is_some_and(str::is_empty)
            || blocks
                .iter()
                .any(|block| block["text"].as_str().is_some_and(|it| it.trim().is_empty()))
        {
            return Err(format!("messages.{at}: text content blocks must be non-empty"));
        }
        let first_other = blocks.iter().position(|block| block["type"] != "tool_result");
        let last_result = blocks.iter().rposition(|block| block["type"] == "tool_result");
        if first_other.zip(last_result).is_some_and(|(other, result)| other < result) {
            return Err(format!("messages.{at}: tool_result blocks must come first"));
        }
        let mut answered = strings(&message["content"], "tool_use_id");
        answered.sort_unstable();
        open.sort_unstable();
        if answered != open {
            return Err(format!(
                "messages.{at}: `tool_use` ids need `tool_result` blocks immediately after: {}",
                open.join(", ")
            ));
        }
        let uses = blocks.iter().filter(|block| block["type"] == "tool_use");
        open = uses.filter_map(|block| block["id"].as_str()).collect();
    }
    let last_is_user = messages.last().is_some_and(|message| message["role"] == "user");
    if messages[0]["role"] != "user" || !last_is_user {
        return Err("messages: first and last message must use the user role".to_owned());
    }
    if open.is_empty() { Ok(()) } else { Err("tool_result blocks are missing".to_owned()) }
}
