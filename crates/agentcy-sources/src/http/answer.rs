//! What an API answered, as a tool shows it.

use agentcy_egress::Answer;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::mask::Mask;
use crate::{
    MAX_OUTPUT, Output, Result,
    output::{fit, json_len},
};

/// How much of a body is read: JSON may shrink when it is written anew.
const MAX_BODY: usize = 4 * MAX_OUTPUT;
const MAX_HEADER: usize = 1024;
/// What stands around the body.
const FRAME: usize = 256;

/// The headers that help to go on, and hold no secrets of a session.
const SHOWN: [&str; 14] = [
    "allow",
    "content-language",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "x-next-page",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-total-count",
];

/// Reads an answer as far as it is shown.
pub(super) async fn show(answer: Answer, mask: &Mask) -> Result<Output> {
    let status = answer.status().as_u16();
    let headers = headers(answer.headers(), mask);
    let is_json = is_json(answer.headers());
    let bytes = answer.read_start(MAX_BODY + 1).await?;
    let is_whole = bytes.len() <= MAX_BODY;
    let room = MAX_OUTPUT - FRAME - json_len(&headers);
    let (body, note) = body(&bytes, is_whole, is_json, room, mask);
    let mut content = json!({ "status": status, "headers": headers, "body": body });
    if let Some(note) = &note {
        content["note"] = (*note).into();
    }
    Ok(Output { content, truncated: note.is_some() })
}

const CUT: &str = "the body was cut; ask for a smaller page or for fewer fields";
const BINARY: &str = "the body is no text and is not shown";

/// The body as JSON or text, and what is missing from it.
fn body(
    bytes: &[u8],
    is_whole: bool,
    is_json: bool,
    room: usize,
    mask: &Mask,
) -> (Value, Option<&'static str>) {
    if bytes.is_empty() {
        return (Value::Null, None);
    }
    if is_json
        && is_whole
        && let Ok(value) = serde_json::from_slice(bytes)
    {
        let value = mask.value(value);
        if json_len(&value) <= room {
            return (value, None);
        }
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Only the cut went through a character.
        Err(error) if !is_whole && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return (Value::Null, Some(BINARY)),
    };
    let text = mask.text(text.to_owned());
    let shown = fit(&text, room);
    let is_cut = !is_whole || shown.len() < text.len();
    (shown.into(), is_cut.then_some(CUT))
}

fn headers(all: &HeaderMap, mask: &Mask) -> Value {
    let mut shown = Map::new();
    for name in SHOWN {
        if let Some(value) = all.get(name).and_then(|value| value.to_str().ok()) {
            let value = mask.text(value.to_owned());
            shown.insert(name.to_owned(), fit(&value, MAX_HEADER).into());
        }
    }
    shown.into()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.ends_with("/json") || kind.ends_with("+json")
}
