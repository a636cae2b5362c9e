//! What the events of a streamed chat completion say, however a server writes them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    Stop, Tokens,
    fault::Fault,
    lenient::Text,
    said::{Mark, Said},
};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    object: Text<'a>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    /// A server that does not stream answers with this.
    #[serde(borrow, default)]
    message: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Text<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Text<'a>,
    #[serde(borrow, default)]
    refusal: Text<'a>,
    /// What the model thought, for servers that want it back.
    #[serde(borrow, default)]
    reasoning_content: Text<'a>,
    #[serde(borrow, default)]
    reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The form before there were several calls.
    #[serde(borrow, default)]
    function_call: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
    /// What the server wants back with the call.
    #[serde(borrow, default)]
    extra_content: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    /// JSON text within a string, or the JSON itself.
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

/// Reads events until the turn is over.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    reason: Option<Stop>,
    done: bool,
    thoughts: Thoughts,
}

/// What a server wants back with a turn.
#[derive(Debug, Default)]
struct Thoughts {
    content: String,
    details: Vec<Value>,
    /// By number of the call.
    calls: Map<String, Value>,
}

impl Thoughts {
    /// One value for all of it, if there is any; the names are those that it goes back by.
    fn value(&self) -> Option<Value> {
        let mut message = Map::new();
        if !self.content.is_empty() {
            message.insert("reasoning_content".to_owned(), self.content.clone().into());
        }
        if !self.details.is_empty() {
            message.insert("reasoning_details".to_owned(), self.details.clone().into());
        }
        let is_empty = message.is_empty() && self.calls.is_empty();
        (!is_empty).then(|| json!({ "message": message, "calls": self.calls }))
    }
}

impl Decoder {
    /// What the server wants back with this turn.
    pub(crate) fn kept(&self) -> Option<Value> {
        self.thoughts.value()
    }

    /// Why the model stopped; known before the stream is over.
    pub(crate) fn stop(&self) -> Option<Stop> {
        self.reason.or(self.done.then_some(Stop::EndTurn))
    }

    /// Whether nothing more is to come.
    pub(crate) const fn is_done(&self) -> bool {
        self.done
    }

    /// Takes the data of one event.
    pub(crate) fn event(&mut self, data: &[u8], said: &mut Said) -> Result<(), Fault> {
        let data = data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.done = true;
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_slice(data)?;
        if event.error.is_some() || event.object.0 == "error" {
            return Err(Fault::said(data));
        }
        for choice in event.choices.into_iter().flatten() {
            // Only one answer was asked for.
            if choice.index.unwrap_or_default() == 0 {
                self.choice(choice, said)?;
            }
        }
        if let Some(tokens) = event.usage.and_then(tokens) {
            said.usage(tokens);
        }
        Ok(())
    }

    fn choice(&mut self, choice: Choice<'_>, said: &mut Said) -> Result<(), Fault> {
        // Some repeat in the one what they say in the other.
        if let Some(delta) = choice.delta.or(choice.message) {
            said.text(delta.content.0);
            said.text(delta.refusal.0);
            self.thoughts.content.push_str(&delta.reasoning_content.0);
            if let Some(details) = delta.reasoning_details {
                self.thoughts
                    .details
                    .extend(serde_json::from_str::<Vec<Value>>(details.get()).unwrap_or_default());
            }
            for call in delta.tool_calls.into_iter().flatten() {
                let function = call.function.unwrap_or_default();
                let at = take_call(call.index, &call.id.0, &function, said)?;
                if let Some(extra) = call.extra_content {
                    let extra: Value = serde_json::from_str(extra.get())?;
                    self.thoughts.calls.insert(at.to_string(), json!({ "extra_content": extra }));
                }
            }
            if let Some(function) = delta.function_call {
                take_call(None, "", &function, said)?;
            }
        }
        self.reason = match &*choice.finish_reason.0 {
            "" => self.reason,
            "length" | "max_tokens" => Some(Stop::MaxTokens),
            "tool_calls" | "function_call" | "tool_use" => Some(Stop::Calls),
            "content_filter" => Some(Stop::Filtered),
            "error" => return Err(Fault::Said { status: 500, message: "it failed".to_owned() }),
            _ => Some(Stop::EndTurn),
        };
        Ok(())
    }
}

fn take_call(
    number: Option<u64>,
    id: &str,
    function: &Function<'_>,
    said: &mut Said,
) -> Result<usize, Fault> {
    let at = said.call(&Mark { number, id, name: &function.name.0 })?;
    let Some(arguments) = function.arguments else { return Ok(at) };
    let text = match arguments.get() {
        quoted if quoted.starts_with('"') => serde_json::from_str::<Text<'_>>(quoted)?.0,
        plain => Cow::Borrowed(plain),
    };
    said.args(at, text);
    Ok(at)
}

/// The tokens of a usage; one that says nothing, or says it in a way of its own, is none.
fn tokens(raw: &RawValue) -> Option<Tokens> {
    let usage: Usage = serde_json::from_str(raw.get()).ok()?;
    let (input, output) = (usage.prompt_tokens, usage.completion_tokens);
    let details = usage.prompt_tokens_details.as_ref();
    let cached = details.and_then(|details| details.cached_tokens);
    let input = input.or(output.map(|_| 0))?;
    let cached = cached.or(usage.prompt_cache_hit_tokens).unwrap_or_default().min(input);
    let written = details.and_then(|details| details.cache_write_tokens).unwrap_or_default();
    Some(Tokens {
        input,
        cached,
        cache_written: written.min(input - cached),
        output: output.unwrap_or_default(),
    })
}
