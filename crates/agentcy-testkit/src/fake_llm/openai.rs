//! The words of OpenAI's chat completions.

use agentcy_llm::Tokens;
use serde_json::{Value, json};

use super::{
    send::Frame,
    strict::Strict,
    turn::{End, Piece, ScriptedCall, Streamed, UsageForm},
};

pub(super) fn said(model: &Value, text: &str) -> Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8 },
    })
}

pub(super) fn refusal(status: u16, message: &str) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        500.. => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    json!({ "error": { "type": kind, "message": message, "param": null, "code": code } })
}

fn usage(tokens: Tokens) -> Value {
    json!({
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": { "cached_tokens": tokens.cached, "audio_tokens": 0 },
    })
}

struct Writer<'a> {
    head: String,
    /// What stands in a piece that tells no use: nothing, unless it was asked for.
    no_usage: &'static str,
    streamed: &'a Streamed,
    frames: Vec<Frame>,
}

impl Writer<'_> {
    fn delta(&mut self, delta: &Value, reason: &Value, usage: Option<Value>, paced: bool) {
        let usage = match usage {
            Some(usage) => format!(",\"usage\":{usage}"),
            None => self.no_usage.to_owned(),
        };
        let choice = format!("{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}");
        let text = format!("data: {}\"choices\":[{choice}]{usage}}}\n\n", self.head);
        self.frames.push(Frame { paced, text });
    }

    fn piece(&mut self, delta: &Value) {
        let so_far = Tokens {
            output: u64::try_from(self.frames.len()).unwrap_or_default(),
            ..self.streamed.tokens()
        };
        let usage = (self.streamed.usage == UsageForm::Each).then(|| usage(so_far));
        self.delta(delta, &Value::Null, usage, true);
    }

    fn plain(&mut self, text: &str) {
        self.frames.push(Frame { paced: false, text: format!("data: {text}\n\n") });
    }
}

/// The frames of an answer; `number` makes the ids of its calls differ from those of other answers.
pub(super) fn frames(
    asked: &Value,
    streamed: &Streamed,
    number: usize,
    strict: Strict,
) -> Vec<Frame> {
    let model = &asked["model"];
    let head = format!(
        "{{\"id\":\"chatcmpl-{number}\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":{model},"
    );
    let is_told = asked["stream_options"]["include_usage"] == true;
    let no_usage = if is_told { ",\"usage\":null,\"obfuscation\":\"k3J\"" } else { "" };
    let mut writer = Writer { head, no_usage, streamed, frames: Vec::new() };
    let role = json!({ "role": "assistant", "content": "" });
    writer.delta(&role, &Value::Null, None, false);
    if let Some(thoughts) = strict.thinks() {
        writer.delta(&thoughts, &Value::Null, None, false);
    }
    let mut calls: Vec<&ScriptedCall> = Vec::new();
    for piece in &streamed.pieces {
        match piece {
            Piece::Text(text) => writer.piece(&json!({ "content": text })),
            Piece::Call(call) => calls.push(call),
        }
    }
    write_calls(&mut writer, &calls, number, strict);
    end(&mut writer, asked);
    writer.frames
}

fn write_calls(writer: &mut Writer<'_>, calls: &[&ScriptedCall], number: usize, strict: Strict) {
    let start = |at: usize, call: &ScriptedCall| {
        let id = call.id.clone().unwrap_or_else(|| format!("call_{number}_{at}"));
        let function = json!({ "name": call.name, "arguments": "" });
        let mut call = json!({ "index": at, "id": id, "type": "function", "function": function });
        if let Some(signed) = strict.signs() {
            call["extra_content"] = signed;
        }
        json!({ "tool_calls": [call] })
    };
    let mut begun = 0;
    for (at, delta) in writer.streamed.arg_deltas(calls) {
        while begun <= at {
            writer.piece(&start(begun, calls[begun]));
            begun += 1;
        }
        let function = json!({ "arguments": delta });
        writer.piece(&json!({ "tool_calls": [{ "index": at, "function": function }] }));
    }
    for (at, call) in calls.iter().enumerate().skip(begun) {
        writer.piece(&start(at, call));
    }
}

fn end(writer: &mut Writer<'_>, asked: &Value) {
    let streamed = writer.streamed;
    let reason = match &streamed.end {
        End::Whole | End::WithoutMark if streamed.has_calls() => Some("tool_calls"),
        End::Whole | End::WithoutMark => Some("stop"),
        End::Reason(reason) => Some(reason.as_str()),
        End::WithoutReason => None,
        End::Errors { status, message } => {
            let error = json!({ "message": message, "code": status, "type": "server_error" });
            return writer.plain(&json!({ "error": error }).to_string());
        }
        End::BreaksOff | End::Cuts | End::CutsInACharacter | End::Stalls => return,
    };
    let told = asked["stream_options"]["include_usage"] == true;
    let tokens = usage(streamed.tokens());
    if let Some(reason) = reason {
        let with = matches!(streamed.usage, UsageForm::WithReason | UsageForm::Each);
        writer.delta(&json!({}), &json!(reason), with.then(|| tokens.clone()), false);
    }
    let last = match streamed.usage {
        UsageForm::Last if told => Some(tokens),
        UsageForm::Empty => Some(json!({ "prompt_tokens": null })),
        _ => None,
    };
    if let Some(last) = last {
        let text = format!("{}\"choices\":[],\"usage\":{last}}}", writer.head);
        writer.plain(&text);
    }
    if streamed.end != End::WithoutMark {
        writer.plain("[DONE]");
    }
}
