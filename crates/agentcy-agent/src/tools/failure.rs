//! What a model is told when a call did not do what it asked for, in words that help it to mend the call.

use agentcy_core::{Chain, ErrorCode, FieldError};
use agentcy_platform::Error;
use serde_json::{Value, json};

use super::bound::{beginning, clean};

/// The longest words of a failure, in bytes.
const MAX_WORDS: usize = 2000;

/// The result of a call that was refused or failed.
pub fn refusal(code: &str, message: &str) -> Value {
    clean(json!({ "error": { "code": code, "message": beginning(message, MAX_WORDS) } }))
}

/// The result of a call that a person did not allow.
pub fn denied(note: Option<&str>) -> Value {
    let words = match note.map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => format!("a person did not allow this call, and says: {note}"),
        None => {
            "a person did not allow this call; do not try it again unless they ask for it".into()
        }
    };
    refusal(ErrorCode::PolicyDenied.name(), &words)
}

/// What became of a call that gave no result.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the model is told.
    pub(super) result: Value,
    /// Whether it may have had its effect all the same.
    pub(super) unknown: bool,
}

impl Failure {
    pub(super) fn new(code: &str, message: &str) -> Self {
        Self { result: refusal(code, message), unknown: false }
    }

    /// A write or more whose end was not seen.
    pub(super) fn unknown(cause: &str) -> Self {
        let words = format!(
            "{cause}; the call may or may not have had its effect: look before you try anything again"
        );
        Self { result: refusal("outcome_unknown", &words), unknown: true }
    }
}

/// What a model is told of a refusal; `None` for a fault of ours.
pub(super) fn told(error: &Error) -> Option<(ErrorCode, String, Option<&Value>)> {
    let Error::Refused { code, message, fields, details } = error else { return None };
    Some((*code, words(message, fields), details.as_ref()))
}

/// Message and faults of fields in one text.
pub(super) fn words(message: &str, fields: &[FieldError]) -> String {
    match fields {
        [] => message.to_owned(),
        [only] if message.contains(&only.message) => message.to_owned(),
        fields => {
            let list = fields.iter().map(|field| format!("{}: {}", field.path, field.message));
            format!("{message} ({})", list.collect::<Vec<_>>().join("; "))
        }
    }
}

/// What a model is told of an operation that failed after it was begun.
pub(super) fn of(error: &Error, writes: bool) -> Failure {
    let Some((code, message, details)) = told(error) else {
        tracing::error!(error = %Chain(error), "a tool call failed");
        let words = "the server failed to run the tool";
        return if writes {
            Failure::unknown(words)
        } else {
            Failure::new(ErrorCode::Internal.name(), &format!("{words}; it may work later"))
        };
    };
    // Whoever does not answer may have heard the question.
    if writes && code == ErrorCode::UpstreamUnavailable {
        return Failure::unknown(&message);
    }
    let mut result = refusal(code.name(), &message);
    if let Some(details) = details {
        let text = details.to_string();
        let shown = if text.len() <= MAX_WORDS {
            details.clone()
        } else {
            beginning(&text, MAX_WORDS).to_owned().into()
        };
        result["error"]["details"] = clean(shown);
    }
    Failure { result, unknown: false }
}
