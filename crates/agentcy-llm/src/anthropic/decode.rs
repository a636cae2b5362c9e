//! What the events of a streamed message say.

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    Stop, Tokens,
    fault::Fault,
    lenient::Text,
    said::{Mark, Said},
};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    thinking: Text<'a>,
    #[serde(borrow, default)]
    signature: Text<'a>,
    #[serde(borrow, default)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_reason: Text<'a>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct Usage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// Reads events until the turn is over.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    reason: Option<Stop>,
    done: bool,
    /// What was read and is not in a cache; the wire counts the three apart.
    fresh: u64,
    /// The call that the open block is, and the arguments that it began with.
    open: Option<(u64, usize, Option<String>)>,
    /// The blocks in order: thoughts as they are, of the rest the kind.
    blocks: Vec<Value>,
}

/// Whether a block holds what only its model reads.
fn is_thought(kind: &str) -> bool {
    matches!(kind, "thinking" | "redacted_thinking")
}

impl Decoder {
    /// What the provider wants back with this turn: its thoughts, and what they stand between.
    pub(crate) fn kept(&self) -> Option<Value> {
        self.blocks.iter().any(Value::is_object).then(|| self.blocks.clone().into())
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
        if data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_slice(data)?;
        if event.error.is_some() || event.kind.0 == "error" {
            return Err(Fault::said(data));
        }
        let number = event.index.unwrap_or_default();
        match &*event.kind.0 {
            "content_block_delta" => self.delta(number, event.delta, said)?,
            "content_block_start" => self.start(number, event.content_block, said)?,
            "content_block_stop" => self.close(said),
            "message_start" => self.usage(event.message.and_then(|message| message.usage), said),
            "message_delta" => {
                let reason = event.delta.map(|delta| delta.stop_reason.0).unwrap_or_default();
                self.reason = stop(&reason).or(self.reason);
                self.usage(event.usage, said);
            }
            "message_stop" => self.done = true,
            // Pings, and what is new: the wire tells its readers to pass over it.
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, number: u64, raw: Option<&RawValue>, said: &mut Said) -> Result<(), Fault> {
        self.close(said);
        let Some(raw) = raw else { return Ok(()) };
        let block: Block<'_> = serde_json::from_str(raw.get())?;
        let kind = &*block.kind.0;
        self.blocks.push(if is_thought(kind) {
            serde_json::from_str(raw.get())?
        } else {
            kind.into()
        });
        match kind {
            "text" => said.text(block.text.0),
            "tool_use" => {
                let mark = Mark { number: Some(number), id: &block.id.0, name: &block.name.0 };
                let at = said.call(&mark)?;
                let input = block.input.map(|input| input.get().to_owned());
                self.open = Some((number, at, input));
            }
            _ => {}
        }
        Ok(())
    }

    fn delta(
        &mut self,
        number: u64,
        delta: Option<Delta<'_>>,
        said: &mut Said,
    ) -> Result<(), Fault> {
        let Some(delta) = delta else { return Ok(()) };
        said.text(delta.text.0);
        if let Some(Value::Object(block)) = self.blocks.last_mut() {
            for (name, more) in [("thinking", delta.thinking.0), ("signature", delta.signature.0)] {
                if !more.is_empty() {
                    let so_far = block.get(name).and_then(Value::as_str).unwrap_or_default();
                    let whole = format!("{so_far}{more}");
                    block.insert(name.to_owned(), json!(whole));
                }
            }
        }
        if let Some(json) = delta.partial_json {
            match &self.open {
                Some((open, at, _)) if *open == number => said.args(*at, json.0),
                // The input of a tool that the provider runs itself, which was not asked for.
                _ if json.0.is_empty() => {}
                _ => return Err(Fault::Unreadable("it has arguments of no call")),
            }
        }
        Ok(())
    }

    /// Ends the block: arguments that came whole at its start count where none followed.
    fn close(&mut self, said: &mut Said) {
        if let Some((_, at, Some(input))) = self.open.take()
            && !said.has_args(at)
        {
            said.args(at, input.into());
        }
    }

    fn usage(&mut self, raw: Option<&RawValue>, said: &mut Said) {
        let Some(usage) = raw.and_then(|raw| serde_json::from_str::<Usage>(raw.get()).ok()) else {
            return;
        };
        let before = said.tokens();
        self.fresh = usage.input_tokens.unwrap_or(self.fresh);
        let cached = usage.cache_read_input_tokens.unwrap_or(before.cached);
        let cache_written = usage.cache_creation_input_tokens.unwrap_or(before.cache_written);
        said.usage(Tokens {
            input: self.fresh.saturating_add(cached).saturating_add(cache_written),
            cached,
            cache_written,
            output: usage.output_tokens.unwrap_or(before.output),
        });
    }
}

fn stop(reason: &str) -> Option<Stop> {
    match reason {
        "" => None,
        // A pause ends before the model had said all, like a bound.
        "max_tokens" | "model_context_window_exceeded" | "pause_turn" => Some(Stop::MaxTokens),
        "tool_use" => Some(Stop::Calls),
        "refusal" => Some(Stop::Filtered),
        _ => Some(Stop::EndTurn),
    }
}
