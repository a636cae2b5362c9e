//! What a streamed chat completion is asked with.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::{Bound, Dialect};
use crate::{Message, Request, words};

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
        content: &'a str,
    },
    Assistant {
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: Function<'a>,
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
    pub(crate) fn new(model: &'a str, request: &'a Request, dialect: Dialect) -> Self {
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
        Self {
            model,
            messages: system.into_iter().chain(request.messages.iter().flat_map(said)).collect(),
            tools: tools.collect(),
            stream: true,
            stream_options: dialect.usage.then_some(StreamOptions { include_usage: true }),
            max_tokens: bound(Bound::MaxTokens),
            max_completion_tokens: bound(Bound::MaxCompletionTokens),
        }
    }
}

fn said(message: &Message) -> Vec<Said<'_>> {
    match message {
        Message::User(content) => vec![Said::User { content }],
        // Says nothing; servers refuse it.
        Message::Assistant { text, calls } if text.is_empty() && calls.is_empty() => Vec::new(),
        Message::Assistant { text, calls } => {
            let calls = calls.iter().map(|call| Call {
                id: &call.id,
                r#type: "function",
                function: Function {
                    name: words::tool_name(&call.name),
                    arguments: words::object(&call.args).to_string(),
                },
            });
            let content = (!text.is_empty()).then_some(text.as_str());
            vec![Said::Assistant { content, tool_calls: calls.collect() }]
        }
        Message::Results(results) => results
            .iter()
            .map(|result| Said::Tool { tool_call_id: &result.id, content: &result.content })
            .collect(),
    }
}
