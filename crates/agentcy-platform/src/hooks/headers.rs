//! Which headers of a delivery are kept: what it says, and nothing that proves who says it.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

/// What the name of a header has in it that holds a secret or a proof.
const SECRET: [&str; 8] = [
    "authorization",
    "cookie",
    "signature",
    "token",
    "secret",
    "password",
    "credential",
    "api-key",
];
/// What says how one connection carried it.
const HOP: [header::HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Whether a header of this name, in lower case, may hold a secret or a proof.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|word| name.contains(word))
}

/// Names in lower case; what stands several times is joined as HTTP has it.
pub(super) fn kept(headers: &HeaderMap) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in headers.keys() {
        if HOP.contains(name) || is_secret(name.as_str()) {
            continue;
        }
        let mut text = String::new();
        for (index, value) in headers.get_all(name).iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
        kept.insert(name.as_str().to_owned(), text.into());
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_proves_who_speaks_is_not_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("X-GitHub-Event", "push"),
            ("Accept", "a"),
            ("Accept", "b"),
            ("Authorization", "Bearer x"),
            ("Proxy-Authorization", "x"),
            ("Cookie", "x"),
            ("Set-Cookie", "x"),
            ("X-Agentcy-Signature", "x"),
            ("Webhook-Signature", "x"),
            ("X-Hub-Signature-256", "x"),
            ("X-Gitlab-Token", "x"),
            ("X-Api-Key", "x"),
            ("Content-Length", "7"),
            ("Transfer-Encoding", "chunked"),
        ] {
            headers.append(
                http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        headers.append("x-odd", http::HeaderValue::from_bytes(b"\xff").unwrap());
        let expected = json!({ "x-github-event": "push", "accept": "a, b", "x-odd": "\u{fffd}" });
        assert_eq!(Value::Object(kept(&headers)), expected);
    }
}
