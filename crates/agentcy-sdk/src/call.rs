//! One call: put together, sent, tried again where that is harmless, and its answer read within bounds.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_LOCATION, HeaderMap, HeaderName, HeaderValue, LOCATION,
        RETRY_AFTER,
    },
};
use secrecy::ExposeSecret;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    Client, Error,
    error::{Body, Envelope},
    repeats::Repeats,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: &str = "text/event-stream";

/// How long a body of megabytes may take; so long the server hears it. A line that needs minutes is slow, not dead.
pub(crate) const LONGEST_UPLOAD: Duration = Duration::from_mins(10);
/// The most bytes of an answer.
const MAX_ANSWER: usize = 8 << 20;

/// A call that was not sent yet.
pub(crate) struct Call<'a> {
    client: &'a Client,
    method: Method,
    url: Result<Url, Error>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
    headers: HeaderMap,
    once: bool,
    anonymous: bool,
    limit: Duration,
    repeats: Repeats,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    status: StatusCode,
    request_id: String,
    retry_after: Option<Duration>,
    location: Option<String>,
    bytes: Vec<u8>,
}

/// A stream that has begun.
pub(crate) struct Opened {
    /// Where it can be taken up again, as a path of the server.
    pub(crate) place: Option<String>,
    /// The events; none when there is nothing to tell and nothing to come.
    pub(crate) stream: Option<Response>,
}

/// A connection that speaks another protocol by now.
pub(crate) struct Upgrade {
    pub(crate) request_id: String,
    pub(crate) headers: HeaderMap,
    pub(crate) stream: reqwest::Upgraded,
}

impl<'a> Call<'a> {
    pub(crate) fn new(client: &'a Client, method: Method, path: &[&str]) -> Self {
        let url = address(&client.server, &["api", "v1"], path);
        let repeats = Repeats::of(&method, client.is_patient);
        Self {
            client,
            method,
            url,
            body: None,
            headers: HeaderMap::new(),
            once: false,
            anonymous: false,
            limit: client.timeout,
            repeats,
        }
    }

    /// The same path from the root of the server.
    pub(crate) fn at_root(self, path: &[&str]) -> Self {
        Self { url: address(&self.client.server, &[], path), ..self }
    }

    /// Makes repeats harmless.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }.harmless()
    }

    /// Says that it changes nothing.
    pub(crate) fn harmless(self) -> Self {
        Self { repeats: self.repeats.harmless(), ..self }
    }

    /// Leaves the token out: where nobody is asked who they are, a stale one would only be refused.
    pub(crate) fn anonymous(self) -> Self {
        Self { anonymous: true, ..self }
    }

    /// Sends it once only, whatever comes back.
    pub(crate) fn at_once(self) -> Self {
        Self { repeats: self.repeats.never(), ..self }
    }

    /// Gives each attempt at least this long.
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self { limit: self.limit.max(limit), ..self }
    }

    pub(crate) fn query<'q>(mut self, pairs: impl IntoIterator<Item = (&'q str, String)>) -> Self {
        if let Ok(url) = &mut self.url {
            for (name, value) in pairs {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        self
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        Self { body: Some(serde_json::to_vec(body)), ..self }
    }

    /// A body as it is.
    pub(crate) fn bytes(self, body: Vec<u8>) -> Self {
        let media = HeaderValue::from_static("application/octet-stream");
        self.raw(body).header(reqwest::header::CONTENT_TYPE, media)
    }

    /// The same, whose media type is among the headers.
    pub(crate) fn raw(self, body: Vec<u8>) -> Self {
        Self { body: Some(Ok(body)), ..self }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// A body of JSON lines.
    pub(crate) fn ndjson(self, body: Vec<u8>) -> Self {
        let media = HeaderValue::from_static("application/x-ndjson");
        self.raw(body).header(reqwest::header::CONTENT_TYPE, media)
    }

    /// Makes repeats harmless that bring the same key.
    pub(crate) fn keyed(mut self, key: HeaderValue) -> Self {
        self.headers.insert(IDEMPOTENCY_KEY, key);
        self
    }

    /// Goes on after an event.
    pub(crate) fn after(mut self, event: i64) -> Self {
        self.headers.insert(LAST_EVENT_ID, event.into());
        self
    }

    /// Sends it once, and gives the stream that it is answered with.
    pub(crate) async fn open(self) -> Result<Opened, Error> {
        let mut headers = self.headers()?;
        headers.insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM));
        let body = self.body.transpose();
        let body = body.map_err(|error| Error::invalid(format!("the body: {error}")))?;
        let (client, limit) = (self.client, self.client.timeout);
        let mut request = client.http.request(self.method, self.url?).headers(headers.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let lost = |error| Error::of_transport(error, &client.server, limit);
        // Only until it begins: how long a stream goes on nobody knows.
        let Ok(response) = tokio::time::timeout(limit, request.send()).await else {
            return Err(Error::late(&client.server, limit));
        };
        let response = response.map_err(lost)?;
        let media = text(response.headers(), reqwest::header::CONTENT_TYPE).unwrap_or_default();
        if response.status() == StatusCode::OK && media.starts_with(EVENT_STREAM) {
            let place = text(response.headers(), CONTENT_LOCATION);
            return Ok(Opened { place, stream: Some(response) });
        }
        let answer = Answer::take(response, &headers, lost).await?.accepted()?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(Opened { place: None, stream: None });
        }
        Err(answer.unreadable("it is no stream of events"))
    }

    /// Sends it once as the beginning of another protocol, and gives the connection with the id of the request.
    pub(crate) async fn upgrade(self, http: &reqwest::Client) -> Result<Upgrade, Error> {
        let headers = self.headers()?;
        let (client, limit) = (self.client, self.client.timeout);
        let lost = |error| Error::of_transport(error, &client.server, limit);
        let request = http.request(self.method, self.url?).headers(headers.clone()).send();
        let Ok(response) = tokio::time::timeout(limit, request).await else {
            return Err(Error::late(&client.server, limit));
        };
        let response = response.map_err(lost)?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let sent = text(&headers, REQUEST_ID).unwrap_or_default();
            let request_id = text(response.headers(), REQUEST_ID).unwrap_or(sent);
            let headers = response.headers().clone();
            let stream = response.upgrade().await.map_err(lost)?;
            return Ok(Upgrade { request_id, headers, stream });
        }
        let answer = Answer::take(response, &headers, lost).await?.accepted()?;
        Err(answer.unreadable("it does not change the protocol"))
    }

    /// Sends it and reads what comes back.
    pub(crate) async fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.send().await?.accepted()?.decode()
    }

    /// Sends it; there is nothing to read.
    pub(crate) async fn done(self) -> Result<(), Error> {
        self.send().await?.accepted().map(drop)
    }

    /// Sends it, again where that is harmless, and gives the last answer.
    pub(crate) async fn send(self) -> Result<Answer, Error> {
        let headers = self.headers()?;
        let url = self.url?;
        let body = self.body.transpose();
        let body = body.map_err(|error| Error::invalid(format!("the body: {error}")))?;
        let mut repeats = self.repeats;
        loop {
            let mut request = self.client.http.request(self.method.clone(), url.clone());
            request = request.headers(headers.clone()).timeout(self.limit);
            if let Some(body) = &body {
                request = request.body(body.clone());
            }
            let lost = |error| Error::of_transport(error, &self.client.server, self.limit);
            let came = match request.send().await {
                Ok(response) => Answer::take(response, &headers, lost).await,
                Err(error) => Err(lost(error)),
            };
            let Some(wait) = repeats.pause(&came) else { return came };
            tokio::time::sleep(wait).await;
        }
    }

    fn headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = self.headers.clone();
        headers.insert(REQUEST_ID, random()?);
        if self.once {
            headers.insert(IDEMPOTENCY_KEY, random()?);
        }
        if self.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.entry(reqwest::header::CONTENT_TYPE).or_insert(json);
        }
        if let Some(token) = self.client.token.as_ref().filter(|_| !self.anonymous) {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
            let mut value =
                value.map_err(|_| Error::invalid("the token is none: it holds odd characters"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

impl Answer {
    async fn take(
        mut response: Response,
        sent: &HeaderMap,
        lost: impl Fn(reqwest::Error) -> Error,
    ) -> Result<Self, Error> {
        let headers = response.headers();
        let ours = text(sent, REQUEST_ID).unwrap_or_default();
        let mut answer = Self {
            status: response.status(),
            request_id: text(headers, REQUEST_ID).unwrap_or(ours),
            retry_after: text(headers, RETRY_AFTER)
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
            location: text(headers, LOCATION),
            bytes: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(&lost)? {
            if answer.bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(answer.unreadable(format!("it has more than {MAX_ANSWER} bytes")));
            }
            answer.bytes.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// Whether the same call may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            // What was lost goes on under the same key.
            StatusCode::CONFLICT => {
                self.code().is_some_and(|code| code == "idempotency_in_progress")
            }
            _ => false,
        }
    }

    /// Whether a proxy gave it that found no server.
    pub(crate) const fn is_of_proxy(&self) -> bool {
        matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
    }

    /// When the server wants to be asked again.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn code(&self) -> Option<String> {
        let envelope: Envelope = serde_json::from_slice(&self.bytes).ok()?;
        Some(envelope.error.code)
    }

    /// Whether it says that the server takes no requests now.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// Itself if the server said yes.
    pub(crate) fn accepted(self) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        if let Some(location) = self.location.as_ref().filter(|_| self.status.is_redirection()) {
            // Its origin alone: the rest is the word of somebody we may not know.
            let to = match Url::parse(location) {
                Ok(url) => url.origin().ascii_serialization(),
                Err(_) => "another path".to_owned(),
            };
            return Err(Error::Redirected { to });
        }
        match serde_json::from_slice(&self.bytes) {
            Ok(Envelope { error: Body { code, message, details, request_id } }) => {
                Err(Error::Refused {
                    status: self.status.as_u16(),
                    code,
                    message,
                    details: Box::new(details.unwrap_or_default()),
                    request_id: request_id.unwrap_or(self.request_id),
                    retry_after: self.retry_after,
                })
            }
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// Whether it says that there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.status == StatusCode::NO_CONTENT
    }

    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.bytes).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Unreadable {
            status: self.status.as_u16(),
            request_id: self.request_id.clone(),
            source: source.into(),
        }
    }
}

/// The address of a path below where the server is. Ids are put in by callers, so a segment is judged: a
/// dot or nothing would ask something else.
fn address(server: &Url, base: &[&str], path: &[&str]) -> Result<Url, Error> {
    let fits = |text: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        !text.is_empty() && text.bytes().all(plain)
    };
    if !path.iter().all(|segment| fits(segment)) {
        return Err(Error::invalid("that is no id"));
    }
    let mut url = server.clone();
    match url.path_segments_mut() {
        Ok(mut segments) => {
            segments.pop_if_empty().extend(base).extend(path);
        }
        Err(()) => return Err(Error::invalid("the address of the server takes no path")),
    }
    Ok(url)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// 16 random bytes in hex.
pub(crate) fn random_text() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::invalid(format!("the machine gives no randomness: {error}")))?;
    Ok(hex::encode(bytes))
}

/// The same as a header.
pub(crate) fn random() -> Result<HeaderValue, Error> {
    HeaderValue::try_from(random_text()?).map_err(|error| Error::invalid(error.to_string()))
}
