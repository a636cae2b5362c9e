//! What a streamed message is asked with.
//!
//! What is the same in the next turn is marked to be cached: the tools, the system text, and all that was said so far.
//! A mark covers what stands before it; four are allowed: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::{Message, Request, ToolSpec, words};

#[derive(Serialize)]
pub(crate) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    messages: Vec<Said<'a>>,
}

#[derive(Serialize, Clone, Copy)]
struct Cache {
    r#type: &'static str,
}

const CACHE: Option<Cache> = Some(Cache { r#type: "ephemeral" });

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Cache>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

#[derive(Serialize)]
struct Said<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Cache>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text {
        text: &'a str,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Cow<'a, Value>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

impl<'a> From<Content<'a>> for Block<'a> {
    fn from(content: Content<'a>) -> Self {
        Self { content, cache_control: None }
    }
}

impl<'a> Body<'a> {
    /// The request as the provider takes it.
    pub(crate) fn new(model: &'a str, request: &'a Request) -> Self {
        let mut messages: Vec<Said<'a>> = Vec::new();
        for message in &request.messages {
            let (role, content) = blocks(message);
            if content.is_empty() {
                continue;
            }
            match messages.last_mut().filter(|last| last.role == role) {
                Some(last) => last.content.extend(content),
                None => messages.push(Said { role, content }),
            }
        }
        for said in &mut messages {
            // The provider wants results before anything else; the order is kept otherwise.
            said.content.sort_by_key(|block| !matches!(block.content, Content::ToolResult { .. }));
        }
        if let Some(last) = messages.last_mut().and_then(|said| said.content.last_mut()) {
            last.cache_control = CACHE;
        }
        let system = text(&request.system).map(|block| Block { cache_control: CACHE, ..block });
        let last = request.tools.len().saturating_sub(1);
        let tools = request.tools.iter().enumerate().map(|(at, tool)| tool_of(tool, at == last));
        Self {
            model,
            max_tokens: request.max_tokens,
            stream: true,
            system: system.into_iter().collect(),
            tools: tools.collect(),
            messages,
        }
    }
}

fn tool_of(tool: &ToolSpec, is_last: bool) -> Tool<'_> {
    Tool {
        name: &tool.name,
        description: &tool.description,
        input_schema: &tool.input_schema,
        cache_control: CACHE.filter(|_| is_last),
    }
}

/// A block of text; the provider refuses blank ones.
fn text(text: &str) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then(|| Content::Text { text }.into())
}

fn blocks(message: &Message) -> (Role, Vec<Block<'_>>) {
    match message {
        Message::User(said) => (Role::User, text(said).into_iter().collect()),
        Message::Assistant { text: said, calls } => {
            let calls = calls.iter().map(|call| {
                let (id, name) = (words::plain(&call.id), words::tool_name(&call.name));
                Content::ToolUse { id, name, input: words::object(&call.args) }.into()
            });
            (Role::Assistant, text(said).into_iter().chain(calls).collect())
        }
        Message::Results(results) => {
            let results = results.iter().map(|result| {
                Content::ToolResult {
                    tool_use_id: words::plain(&result.id),
                    content: &result.content,
                    is_error: result.is_error,
                }
                .into()
            });
            (Role::User, results.collect())
        }
    }
}
