//! What a delivery says, as a template can read it.

use std::convert::Infallible;

use agentcy_store::deliveries::Delivery;
use bytes::Bytes;
use futures_util::stream;
use multer::Multipart;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

/// How many parts of a form are read.
const MAX_PARTS: usize = 1000;

/// `{body, headers}` of a delivery. JSON is what it is; forms are objects, with a list where a name stands several
/// times; text is text. What is binary is described and not shown. A body that is not what it calls itself is text.
///
/// Each header with a dash in its name is there with underscores too, as templates can write it.
pub async fn payload(delivery: &Delivery) -> Value {
    let mut headers = delivery.headers.clone();
    for (name, value) in &delivery.headers {
        if name.contains('-') {
            headers.insert(name.replace('-', "_"), value.clone());
        }
    }
    let mut body = body(delivery).await;
    without_nul(&mut body);
    json!({ "body": body, "headers": headers })
}

async fn body(delivery: &Delivery) -> Value {
    let bytes = delivery.body.as_slice();
    let declared = delivery.content_type.as_deref().unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_packed = delivery
        .headers
        .get("content-encoding")
        .and_then(Value::as_str)
        .is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity"));
    if is_packed {
        return described(&essence, bytes.len());
    }
    let read = match essence.as_str() {
        "application/x-www-form-urlencoded" => Some(form(bytes)),
        "multipart/form-data" => multipart(declared, bytes).await,
        _ if essence.is_empty() || essence == "application/json" || essence.ends_with("+json") => {
            serde_json::from_slice(bytes).ok()
        }
        _ => None,
    };
    read.unwrap_or_else(|| match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => described(&essence, bytes.len()),
    })
}

fn form(bytes: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        put(&mut fields, name.into_owned(), value.into());
    }
    Value::Object(fields)
}

/// `None` where it is not what it says.
async fn multipart(declared: &str, bytes: &[u8]) -> Option<Value> {
    let boundary = multer::parse_boundary(declared).ok()?;
    let whole = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(bytes))]);
    let mut parts = Multipart::new(whole, boundary);
    let mut fields = Map::new();
    for _ in 0..MAX_PARTS {
        let Some(part) = parts.next_field().await.ok()? else { break };
        let name = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(str::to_owned);
        let media = part.content_type().map(ToString::to_string);
        let content = part.bytes().await.ok()?;
        let value = if let (None, Ok(text)) = (&filename, std::str::from_utf8(&content)) {
            text.into()
        } else {
            let mut file = described(media.as_deref().unwrap_or_default(), content.len());
            if let Some(filename) = filename {
                file["filename"] = filename.into();
            }
            file
        };
        put(&mut fields, name, value);
    }
    Some(Value::Object(fields))
}

/// A name that stands again makes a list.
fn put(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.get_mut(&name) {
        None => {
            fields.insert(name, value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = json!([first.take(), value]),
    }
}

/// What stands for bytes that are no text.
fn described(media: &str, length: usize) -> Value {
    let media = if media.is_empty() { "application/octet-stream" } else { media };
    json!({ "content_type": media, "bytes": length })
}

/// PostgreSQL takes none.
fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(without_nul),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (name.replace('\0', "\u{fffd}"), value))
                    .collect();
            }
            fields.values_mut().for_each(without_nul);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    async fn read(content_type: &str, body: &[u8]) -> Value {
        read_with(content_type, body, json!({})).await["body"].take()
    }

    async fn read_with(content_type: &str, body: &[u8], headers: Value) -> Value {
        let Value::Object(headers) = headers else { panic!("no headers") };
        let delivery = Delivery {
            id: Uuid::from_u128(1).into(),
            trigger_id: Uuid::from_u128(2).into(),
            task_run_id: Uuid::from_u128(3).into(),
            headers,
            content_type: (!content_type.is_empty()).then(|| content_type.to_owned()),
            body: body.to_vec(),
            received_at: DateTime::default(),
        };
        payload(&delivery).await
    }

    #[tokio::test]
    async fn json_is_what_it_is_and_text_where_it_is_none() {
        let body = br#"{"a":[1,{"b":null}]}"#;
        let expected = json!({ "a": [1, { "b": null }] });
        for media in
            ["application/json", "Application/JSON; charset=utf-8", "application/ld+json", ""]
        {
            assert_eq!(read(media, body).await, expected, "{media}");
        }
        assert_eq!(read("application/json", b"{").await, "{");
        assert_eq!(read("", b"hello").await, "hello");
        assert_eq!(read("text/plain", br#"{"a":1}"#).await, r#"{"a":1}"#);
        let deep = "[".repeat(100_000);
        assert_eq!(read("application/json", deep.as_bytes()).await, deep);
    }

    #[tokio::test]
    async fn a_form_is_an_object_with_lists_of_what_stands_several_times() {
        let media = "application/x-www-form-urlencoded";
        let expected = json!({ "a": ["1", "2", "3"], "b c": "ä" });
        assert_eq!(read(media, b"a=1&b+c=%C3%A4&a=2&a=3").await, expected);
        assert_eq!(read(media, b"").await, json!({}));
    }

    #[tokio::test]
    async fn files_of_a_multipart_body_are_described_and_not_kept() {
        let body = b"--X\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nhello\r\n\
            --X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
            content-type: image/png\r\n\r\n\x89PNG\r\n\
            --X\r\ncontent-disposition: form-data; name=\"raw\"\r\n\r\n\xff\xfe\r\n--X--\r\n";
        let expected = json!({
            "text": "hello",
            "file": { "filename": "a.png", "content_type": "image/png", "bytes": 4 },
            "raw": { "content_type": "application/octet-stream", "bytes": 2 },
        });
        assert_eq!(read("multipart/form-data; boundary=X", body).await, expected);
        // Cut off, or without a boundary: it is not what it says.
        assert!(read("multipart/form-data; boundary=X", &body[..70]).await.is_string());
        assert!(read("multipart/form-data", b"--X").await.is_string());
    }

    #[tokio::test]
    async fn what_is_no_text_is_described() {
        let expected = json!({ "content_type": "image/png", "bytes": 2 });
        assert_eq!(read("image/png", b"\xff\xfe").await, expected);
        let packed = json!({ "content-encoding": "gzip" });
        let read = read_with("application/json", b"{}", packed).await;
        assert_eq!(read["body"], json!({ "content_type": "application/json", "bytes": 2 }));
    }

    #[tokio::test]
    async fn a_nul_never_reaches_the_database_and_headers_can_be_named() {
        assert_eq!(
            read("", br#"{"a\u0000":["b\u0000"]}"#).await,
            json!({ "a\u{fffd}": ["b\u{fffd}"] })
        );
        let read = read_with("", b"1", json!({ "x-github-event": "push", "host": "h" })).await;
        let headers = json!({ "x-github-event": "push", "x_github_event": "push", "host": "h" });
        assert_eq!(read, json!({ "body": 1, "headers": headers }));
    }
}
