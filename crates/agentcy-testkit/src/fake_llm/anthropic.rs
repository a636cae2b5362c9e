//! The words of Anthropic's messages.

use serde_json::{Value, json};

use super::{
    send::Frame,
    strict::{Strict, thought},
    turn::{End, Piece, ScriptedCall, Streamed, UsageForm},
};

pub(super) fn said(model: &Value, text: &str) -> Value {
    json!({
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{ "type": "text", "text": text }],
        "stop_reason": "end_turn",
        "stop_sequence": null,
        "usage": { "input_tokens": 7, "output_tokens": 1 },
    })
}

pub(super) fn refusal(status: u16, message: &str) -> Value {
    let error = json!({ "type": kind(status), "message": message });
    json!({ "type": "error", "error": error })
}

/// The name that the wire has for a status.
const fn kind(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

fn frame(event: &Value, paced: bool) -> Frame {
    let name = event["type"].as_str().unwrap_or_default();
    Frame { paced, text: format!("event: {name}\ndata: {event}\n\n") }
}

/// The frames of an answer; `number` makes the ids of its calls differ from those of other answers.
pub(super) fn frames(
    asked: &Value,
    streamed: &Streamed,
    number: usize,
    strict: Strict,
) -> Vec<Frame> {
    let tokens = streamed.tokens();
    let mut read = json!({ "input_tokens": tokens.input - tokens.cached - tokens.cache_written });
    if tokens.cached + tokens.cache_written > 0 {
        read["cache_read_input_tokens"] = tokens.cached.into();
        read["cache_creation_input_tokens"] = tokens.cache_written.into();
    }
    read["output_tokens"] = 1.into();
    let message = json!({
        "id": format!("msg_{number}"), "type": "message", "role": "assistant", "content": [],
        "model": asked["model"], "stop_reason": null, "stop_sequence": null,
        "usage": if streamed.usage == UsageForm::Missing { json!({}) } else { read },
    });
    let mut frames = vec![frame(&json!({ "type": "message_start", "message": message }), false)];
    frames.push(frame(&json!({ "type": "ping" }), false));
    let mut blocks = Blocks { next: 0, text_open: false, frames: &mut frames };
    blocks.think(strict);
    for piece in &streamed.pieces {
        match piece {
            Piece::Text(text) => blocks.text(text),
            Piece::Call(call) => blocks.call(call, streamed, number),
        }
    }
    // What is cut or stalls does so within its last piece.
    if !matches!(streamed.end, End::Cuts | End::CutsInACharacter | End::Stalls | End::BreaksOff) {
        blocks.close_text();
    }
    end(&mut frames, streamed);
    frames
}

struct Blocks<'a> {
    next: usize,
    text_open: bool,
    frames: &'a mut Vec<Frame>,
}

impl Blocks<'_> {
    fn push(&mut self, event: &Value, paced: bool) {
        self.frames.push(frame(event, paced));
    }

    fn start(&mut self, block: &Value) {
        let event =
            json!({ "type": "content_block_start", "index": self.next, "content_block": block });
        self.push(&event, false);
    }

    fn delta(&mut self, delta: &Value) {
        let event = json!({ "type": "content_block_delta", "index": self.next, "delta": delta });
        self.push(&event, true);
    }

    fn stop(&mut self) {
        self.push(&json!({ "type": "content_block_stop", "index": self.next }), false);
        self.next += 1;
    }

    fn close_text(&mut self) {
        if std::mem::take(&mut self.text_open) {
            self.stop();
        }
    }

    fn think(&mut self, strict: Strict) {
        let thoughts = strict.thoughts();
        if thoughts.is_empty() {
            return;
        }
        self.start(&thought(None));
        for delta in &thoughts {
            self.delta(delta);
        }
        self.stop();
    }

    fn text(&mut self, text: &str) {
        if !std::mem::replace(&mut self.text_open, true) {
            self.start(&json!({ "type": "text", "text": "" }));
            self.push(&json!({ "type": "ping" }), false);
        }
        self.delta(&json!({ "type": "text_delta", "text": text }));
    }

    fn call(&mut self, call: &ScriptedCall, streamed: &Streamed, number: usize) {
        self.close_text();
        let id = call.id.clone().unwrap_or_else(|| format!("toolu_{number}_{}", self.next));
        self.start(&json!({ "type": "tool_use", "id": id, "name": call.name, "input": {} }));
        self.delta(&json!({ "type": "input_json_delta", "partial_json": "" }));
        // The real provider says nothing of an empty object.
        if call.args != "{}" {
            for (_, text) in streamed.arg_deltas(&[call]) {
                self.delta(&json!({ "type": "input_json_delta", "partial_json": text }));
            }
        }
        self.stop();
    }
}

fn end(frames: &mut Vec<Frame>, streamed: &Streamed) {
    let reason = match &streamed.end {
        End::Whole | End::WithoutMark if streamed.has_calls() => Some("tool_use"),
        End::Whole | End::WithoutMark => Some("end_turn"),
        End::Reason(reason) => Some(reason.as_str()),
        End::WithoutReason => None,
        End::Errors { status, message } => {
            let error = json!({ "type": kind(*status), "message": message });
            frames.push(frame(&json!({ "type": "error", "error": error }), false));
            return;
        }
        End::BreaksOff | End::Cuts | End::CutsInACharacter | End::Stalls => return,
    };
    if let Some(reason) = reason {
        let mut event = json!({
            "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null },
        });
        match streamed.usage {
            UsageForm::Missing => {}
            UsageForm::Empty => event["usage"] = json!({ "output_tokens": null }),
            _ => event["usage"] = json!({ "output_tokens": streamed.tokens().output }),
        }
        frames.push(frame(&event, false));
    }
    if streamed.end != End::WithoutMark {
        frames.push(frame(&json!({ "type": "message_stop" }), false));
    }
}
