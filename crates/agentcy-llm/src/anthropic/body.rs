//! What a streamed message is asked with.
//!
//! What is the same in the next turn is marked to be cached: the tools, the system text, and all that was said so far.
//! A mark covers what stands before it; four are allowed: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::{Call, Message, ToolSpec, ask::Asked, words};

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
    /// A block that came from the provider and goes back as it is.
    #[serde(untagged)]
    Thought(&'a Value),
}

impl<'a> From<Content<'a>> for Block<'a> {
    fn from(content: Content<'a>) -> Self {
        Self { content, cache_control: None }
    }
}

impl<'a> Body<'a> {
    /// The request as the provider takes it.
    pub(crate) fn new(model: &'a str, asked: Asked<'a>) -> Self {
        let request = asked.request;
        let mut messages: Vec<Said<'a>> = Vec::new();
        // Thoughts are of use until the calls that they led to are answered for.
        let is_asked = |message: &Message| matches!(message, Message::User(_));
        let present = request.messages.iter().rposition(is_asked).unwrap_or_default();
        for (at, message) in request.messages.iter().enumerate() {
            let (role, content) = blocks(message, asked, at > present);
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

impl Body<'_> {
    /// The same for an answer in one piece.
    pub(crate) fn at_once(self) -> Self {
        Self { stream: false, ..self }
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

fn blocks<'a>(message: &'a Message, asked: Asked<'a>, is_present: bool) -> (Role, Vec<Block<'a>>) {
    match message {
        Message::Aside(said) | Message::User(said) => {
            (Role::User, text(said).into_iter().collect())
        }
        Message::Assistant { text: said, calls, kept } => {
            let kept = asked.kept(kept.as_ref()).filter(|_| is_present).and_then(Value::as_array);
            (Role::Assistant, answer(said, calls, kept.map(Vec::as_slice).unwrap_or_default()))
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

/// What the model said, with its thoughts where they stood.
fn answer<'a>(said: &'a str, calls: &'a [Call], kept: &'a [Value]) -> Vec<Block<'a>> {
    let mut text = text(said);
    let mut calls = calls.iter().map(|call| -> Block<'a> {
        let (id, name) = (words::plain(&call.id), words::tool_name(&call.name));
        Content::ToolUse { id, name, input: words::object(&call.args) }.into()
    });
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for block in kept {
        match block.as_str() {
            None => blocks.push(Content::Thought(block).into()),
            Some("text") => blocks.extend(text.take()),
            Some("tool_use") => blocks.extend(calls.next()),
            Some(_) => {}
        }
    }
    blocks.extend(text);
    blocks.extend(calls);
    blocks
}
