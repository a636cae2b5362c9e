//! What a test was answered.

#![expect(clippy::expect_used, reason = "a test that is not answered has failed")]

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Reply {
    /// Sends a request and reads its answer.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, body }
    }

    /// The answer, whose status is this one.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn expecting(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The answer, which is an error in our envelope with this status and code.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn expecting_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        let error = &self.body["error"];
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{}", self.text);
        assert!(error["details"].is_object(), "{}", self.text);
        assert_eq!(error["request_id"].as_str(), self.header("x-request-id"), "{}", self.text);
        self
    }

    /// The code of an error; empty when it is none.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The paths of the fields at fault.
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.body["error"]["details"]["fields"].as_array();
        fields.into_iter().flatten().filter_map(|field| field["path"].as_str()).collect()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A text of the body.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| {
            #[expect(clippy::panic, reason = "the test has failed")]
            {
                panic!("nothing at {pointer} of {}", self.text)
            }
        })
    }

    /// Everything of it that may not tell one request from another, such as ids of the request and times.
    pub fn masked(&self) -> String {
        let mut body = self.body.clone();
        if let Some(id) = body.pointer_mut("/error/request_id") {
            *id = Value::Null;
        }
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date" | "ratelimit"))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        format!("{}\n{}\n{body}", self.status, headers.join("\n"))
    }
}
