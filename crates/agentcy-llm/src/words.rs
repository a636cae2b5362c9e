//! A provider's own words, made fit to be shown and to be given back.

use std::borrow::Cow;

use agentcy_core::secret::MASK;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The most that is shown.
const LIMIT: usize = 2 << 10;

/// Where the message of a refusal stands: with OpenAI, Anthropic, Ollama, vLLM, gateways, Gemini and Mistral.
const PLACES: [&str; 9] = [
    "/error/message",
    "/0/error/message",
    "/error",
    "/message",
    "/detail",
    "/detail/0",
    "/message/detail/0",
    "/error/message/detail/0",
    "/error/detail/0",
];

/// Finds the message in the body of a refusal: in one of its places, the title of an error page, or plain text.
pub(crate) fn said(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let found = match serde_json::from_str::<Value>(&text) {
        Ok(value) => PLACES.into_iter().find_map(|path| message(value.pointer(path)?)),
        Err(_) if text.trim_start().starts_with('<') => title(&text).map(str::to_owned),
        Err(_) => Some(text.into_owned()),
    };
    found.filter(|words| !words.trim().is_empty())
}

/// A text, or a fault of a field, of which the name tells as much as the words.
fn message(found: &Value) -> Option<String> {
    if let Some(text) = found.as_str() {
        return Some(text.to_owned());
    }
    let words = found.get("msg")?.as_str()?;
    let names = found.get("loc").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    Some(if names.is_empty() { words.to_owned() } else { format!("{}: {words}", names.join(".")) })
}

/// What providers say of a request that holds more than the model reads at once, in small letters.
const TOO_LONG: [&str; 12] = [
    "context_length_exceeded",
    "maximum context length",
    "context length exceeded",
    "exceeds the context",
    "exceed context limit",
    "exceeds the available context size",
    "exceeds the model's context",
    "context window",
    "prompt is too long",
    "input is too long",
    "input token count",
    "too many tokens",
];

/// Whether the words of a refusal say that.
pub(crate) fn is_too_long(message: &str) -> bool {
    let message = message.to_lowercase();
    TOO_LONG.iter().any(|words| message.contains(words))
}

/// Before the number of tokens that a model reads and writes at once.
const WINDOW_IS: [&str; 6] = [
    "maximum context length is ",
    "maximum context length of ",
    "available context size (",
    "tokens allowed (",
    "context limit: ",
    " > ",
];

/// The number that such words name.
pub(crate) fn window(message: &str) -> Option<u32> {
    WINDOW_IS.iter().find_map(|mark| {
        let (_, rest) = message.split_once(mark)?;
        // As in `188240 + 21333 > 200000`.
        let rest =
            rest.split_once(" > ").filter(|_| *mark == "context limit: ").map_or(rest, |it| it.1);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|window| *window > 0)
    })
}

fn title(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<title>")?;
    Some(rest.split_once("</title>")?.0)
}

/// Takes out the key, should it be echoed, and all that could act on a terminal or a page.
pub(crate) fn clean(words: &str, key: Option<&SecretString>) -> String {
    let plain: String = words.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let key = key.map(ExposeSecret::expose_secret).filter(|key| !key.is_empty());
    let mut hidden = match key {
        Some(key) => plain.replace(key, MASK),
        None => plain,
    };
    if hidden.len() > LIMIT {
        let dots = '…';
        hidden.truncate(hidden.floor_char_boundary(LIMIT - dots.len_utf8()));
        hidden.push(dots);
    }
    hidden.trim().to_owned()
}

/// Control characters, and those that hide or turn text.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The longest name of a tool.
const NAME_LIMIT: usize = 64;

/// An id in the letters that every provider takes back.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_plain(c) { c } else { '_' }).collect())
}

/// The name of a tool likewise: a model may have called one that there is not.
pub(crate) fn tool_name(text: &str) -> Cow<'_, str> {
    let mut name = plain(text);
    if name.is_empty() {
        return Cow::Borrowed("_");
    }
    if name.len() > NAME_LIMIT {
        name.to_mut().truncate(NAME_LIMIT);
    }
    name
}

/// Arguments as providers take them back: an object, whatever the model wrote.
pub(crate) fn object(args: &Value) -> Cow<'_, Value> {
    if args.is_object() { Cow::Borrowed(args) } else { Cow::Owned(json!({ "arguments": args })) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_every_known_shape() {
        for (body, words) in [
            (r#"{"error":{"message":"no","type":"x"}}"#, Some("no")),
            (r#"{"type":"error","error":{"type":"x","message":"no"}}"#, Some("no")),
            (r#"{"error":"no"}"#, Some("no")),
            (r#"{"message":"no"}"#, Some("no")),
            (r#"{"detail":"no"}"#, Some("no")),
            (r#"{"detail":[{"loc":[],"msg":"no"}]}"#, Some("no")),
            (r#"{"detail":[{"loc":["body","n"],"msg":"no"}]}"#, Some("body.n: no")),
            (
                r#"{"object":"error","message":{"detail":[{"loc":["body","stream_options"],"msg":"no"}]}}"#,
                Some("body.stream_options: no"),
            ),
            (r#"[{"error":{"code":400,"message":"no"}}]"#, Some("no")),
            ("<html><head><title>502 Bad Gateway</title></head>", Some("502 Bad Gateway")),
            ("upstream connect error", Some("upstream connect error")),
            ("<html>", None),
            (r#"{"error":{}}"#, None),
            ("", None),
        ] {
            assert_eq!(said(body.as_bytes()).as_deref(), words, "{body}");
        }
    }

    #[test]
    fn a_request_that_is_too_long_is_known_by_the_words_of_every_provider() {
        for (words, expected) in [
            ("This model's maximum context length is 32768 tokens. However, you", Some(32_768)),
            ("prompt is too long: 208310 tokens > 200000 maximum", Some(200_000)),
            (
                "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease",
                Some(200_000),
            ),
            ("request (9000 tokens) exceeds the available context size (4096 tokens)", Some(4_096)),
            (
                "The input token count (9) exceeds the maximum number of tokens allowed (1048576).",
                Some(1_048_576),
            ),
            ("Your input exceeds the context window of this model.", None),
        ] {
            assert!(is_too_long(words), "{words}");
            assert_eq!(window(words), expected, "{words}");
        }
        assert!(!is_too_long("'max_tokens' is too large: 1000"));
    }

    #[test]
    fn words_lose_the_key_and_what_cannot_be_seen() {
        let key = SecretString::from("sk-kanarienvogel");
        let words = "bad key \u{1b}[31msk-kanarienvogel\u{202e}\r\nbye\u{0}";
        assert_eq!(clean(words, Some(&key)), "bad key  [31m****   bye");
    }

    #[test]
    fn long_words_are_cut_between_characters_and_never_inside_the_key() {
        let key = SecretString::from("sk-kanarienvogel");
        let words = format!("{}sk-kanarienvogel{}", "ä".repeat(1_018), "ä".repeat(2_000));
        let clean = clean(&words, Some(&key));
        assert!(clean.len() <= LIMIT && clean.ends_with('…') && !clean.contains("sk-"), "{clean}");
    }
}
