//! What some servers insist on beyond the rules of their wire, and what they say beside it.

use serde_json::{Value, json};

/// A server that takes less than others of its wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strict {
    /// None of those below.
    #[default]
    No,
    /// A reasoning model of OpenAI: no tools beside an effort, and it makes one unless it is told not to.
    Gpt56,
    /// Wants the thoughts of each turn with calls back.
    DeepSeek,
    /// Wants the signature of each call back, and refuses in a list.
    Gemini,
    /// Takes no field that it does not know, and ids of nine letters or digits.
    Mistral,
    /// Wants the thoughts of the present calls back as they were.
    Claude,
    /// Reads at most so many bytes, and names a window that says nothing of bytes.
    Window(usize),
}

/// How it says no: a status and a body.
pub(super) type Refusal = (u16, String);

const SIGNED: &str = "c2lnbmVk";

impl Strict {
    /// Whether it takes this.
    pub(super) fn judge(self, body: &Value) -> Result<(), Refusal> {
        let messages = list(&body["messages"]);
        match self {
            Self::No => Ok(()),
            Self::Gpt56 => {
                let is_quiet = body["reasoning_effort"] == "none";
                let message = "Function tools with reasoning_effort are not supported for gpt-5.6 in \
                               /v1/chat/completions. To use function tools, use /v1/responses or set \
                               reasoning_effort to 'none'.";
                let error = json!({ "error": { "message": message, "type": "invalid_request_error",
                                               "param": "reasoning_effort", "code": null } });
                verdict(list(&body["tools"]).is_empty() || is_quiet, 400, &error)
            }
            Self::DeepSeek => {
                let is_whole = |message: &Value| message["reasoning_content"] == "Let me think.";
                let message =
                    "The `reasoning_content` in the thinking mode must be passed back to the API.";
                let error =
                    json!({ "error": { "message": message, "type": "invalid_request_error" } });
                verdict(calling(messages).all(is_whole), 400, &error)
            }
            Self::Gemini => {
                let mut calls = calling(messages).flat_map(|message| list(&message["tool_calls"]));
                let message = "Function call is missing a thought_signature in functionCall parts.";
                let error = json!([{ "error": { "code": 400, "message": message,
                                                "status": "INVALID_ARGUMENT" } }]);
                let is_signed =
                    |call: &Value| call["extra_content"]["google"]["thought_signature"] == SIGNED;
                verdict(calls.all(is_signed), 400, &error)
            }
            Self::Mistral => mistral(body, messages),
            Self::Claude => {
                let message = "messages.1.content.0: Invalid `signature` in `thinking` block";
                let error = json!({ "type": "error",
                    "error": { "type": "invalid_request_error", "message": message } });
                let asked = |message: &Value| {
                    let blocks = list(&message["content"]);
                    message["role"] == "user"
                        && blocks.iter().any(|block| block["type"] != "tool_result")
                };
                let from = messages.iter().rposition(asked).unwrap_or_default();
                let mut answers =
                    messages[from..].iter().filter(|message| message["role"] == "assistant");
                let is_signed =
                    |message: &Value| message["content"][0] == thought(Some("Let me think."));
                verdict(answers.all(is_signed), 400, &error)
            }
            Self::Window(most) => {
                let message = "This model's maximum context length is 32768 tokens. However, your \
                               messages resulted in 40960 tokens. Please reduce the length of the messages.";
                let error = json!({ "error": { "message": message, "type": "invalid_request_error",
                                               "code": "context_length_exceeded" } });
                verdict(body.to_string().len() <= most, 400, &error)
            }
        }
    }

    /// What it says before all else, in the words of chat completions.
    pub(super) fn thinks(self) -> Option<Value> {
        (self == Self::DeepSeek)
            .then(|| json!({ "content": null, "reasoning_content": "Let me think." }))
    }

    /// What it says of each call.
    pub(super) fn signs(self) -> Option<Value> {
        (self == Self::Gemini).then(|| json!({ "google": { "thought_signature": SIGNED } }))
    }

    /// The deltas of the block that comes first on the wire of messages.
    pub(super) fn thoughts(self) -> Vec<Value> {
        if self != Self::Claude {
            return Vec::new();
        }
        vec![
            json!({ "type": "thinking_delta", "thinking": "Let me " }),
            json!({ "type": "thinking_delta", "thinking": "think." }),
            json!({ "type": "signature_delta", "signature": SIGNED }),
        ]
    }
}

/// A block of thoughts; empty as it begins.
pub(super) fn thought(whole: Option<&str>) -> Value {
    let signature = whole.map(|_| SIGNED).unwrap_or_default();
    json!({ "type": "thinking", "thinking": whole.unwrap_or_default(), "signature": signature })
}

fn mistral(body: &Value, messages: &[Value]) -> Result<(), Refusal> {
    let known = ["model", "messages", "tools", "stream", "max_tokens"];
    let fields = body.as_object().into_iter().flat_map(|fields| fields.keys());
    if let Some(field) = fields.clone().find(|field| !known.contains(&field.as_str())) {
        let detail = json!([{ "type": "extra_forbidden", "loc": ["body", field],
                              "msg": "Extra inputs are not permitted" }]);
        let error = json!({ "object": "error", "message": { "detail": detail } });
        return verdict(false, 422, &error);
    }
    let calls = calling(messages).flat_map(|message| list(&message["tool_calls"]));
    let ids = calls.map(|call| call["id"].as_str().unwrap_or_default());
    for id in ids {
        let is_fit = id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        let message =
            format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
        let error = json!({ "object": "error", "message": message, "code": "3280" });
        verdict(is_fit, 400, &error)?;
    }
    Ok(())
}

fn verdict(is_fine: bool, status: u16, error: &Value) -> Result<(), Refusal> {
    if is_fine { Ok(()) } else { Err((status, error.to_string())) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn calling(messages: &[Value]) -> impl Iterator<Item = &Value> {
    messages.iter().filter(|message| !list(&message["tool_calls"]).is_empty())
}
