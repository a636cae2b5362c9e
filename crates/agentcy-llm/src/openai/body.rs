//! What a streamed chat completion is asked with.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bound, Effort};
use crate::{Message, ask::Asked, words};

#[derive(Serialize)]
pub(crate) struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Said<'a> {
    System {
        content: &'a str,
    },
    User {
        content: Cow<'a, str>,
    },
    Assistant {
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
        #[serde(flatten)]
        kept: Option<&'a Map<String, Value>>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: &'a str,
    },
}

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    r#type: &'static str,
    function: Function<'a>,
    #[serde(flatten)]
    kept: Option<&'a Map<String, Value>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    arguments: String,
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

impl<'a> Body<'a> {
    /// The request as a server of this dialect takes it.
    pub(crate) fn new(model: &'a str, asked: Asked<'a>) -> Self {
        let Asked { request, dialect, .. } = asked;
        let system =
            (!request.system.is_empty()).then_some(Said::System { content: &request.system });
        let tools = request.tools.iter().map(|tool| Tool {
            r#type: "function",
            function: Spec {
                name: &tool.name,
                description: &tool.description,
                parameters: &tool.input_schema,
            },
        });
        let bound = |bound| (dialect.bound == bound).then_some(request.max_tokens);
        let mut messages: Vec<Said<'a>> = system.into_iter().collect();
        for message in &request.messages {
            say(&mut messages, message, asked);
        }
        Self {
            model,
            messages,
            tools: tools.collect(),
            stream: true,
            stream_options: dialect.usage.then_some(StreamOptions { include_usage: true }),
            max_tokens: bound(Bound::MaxTokens),
            max_completion_tokens: bound(Bound::MaxCompletionTokens),
            reasoning_effort: (dialect.effort == Effort::No).then_some("none"),
        }
    }

    /// The same for an answer in one piece.
    pub(crate) fn at_once(self) -> Self {
        Self { stream: false, stream_options: None, ..self }
    }
}

fn say<'a>(messages: &mut Vec<Said<'a>>, message: &'a Message, asked: Asked<'a>) {
    match message {
        Message::Aside(text) | Message::User(text) => match messages.last_mut() {
            // Templates of models take turns by turns.
            Some(Said::User { content }) => {
                let content = content.to_mut();
                content.push_str("\n\n");
                content.push_str(text);
            }
            _ => messages.push(Said::User { content: text.into() }),
        },
        // Says nothing; servers refuse it.
        Message::Assistant { text, calls, .. } if text.is_empty() && calls.is_empty() => {}
        Message::Assistant { text, calls, kept } => {
            let kept = asked.kept(kept.as_ref());
            let calls = calls.iter().enumerate().map(|(at, call)| Call {
                id: short(&call.id),
                r#type: "function",
                function: Function {
                    name: words::tool_name(&call.name),
                    arguments: words::object(&call.args).to_string(),
                },
                kept: kept.and_then(|kept| kept.get("calls")?.get(at.to_string())?.as_object()),
            });
            messages.push(Said::Assistant {
                content: (!text.is_empty()).then_some(text.as_str()),
                tool_calls: calls.collect(),
                kept: kept.and_then(|kept| kept.get("message")?.as_object()),
            });
        }
        Message::Results(results) => {
            messages.extend(results.iter().map(|result| Said::Tool {
                tool_call_id: short(&result.id),
                content: &result.content,
            }));
        }
    }
}

/// How long an id is that every server takes: Mistral wants just so many letters and digits.
const ID: usize = 9;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id in so many letters and digits, always the same for the same.
fn short(id: &str) -> Cow<'_, str> {
    if id.len() == ID && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Cow::Borrowed(id);
    }
    // FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv/>.
    let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let letters = (0..ID).map(|_| {
        let at = usize::try_from(hash % 62).unwrap_or_default();
        hash /= 62;
        char::from(LETTERS[at])
    });
    Cow::Owned(letters.collect())
}
