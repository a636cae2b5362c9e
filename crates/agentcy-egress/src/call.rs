//! One call, put together and sent.

use std::time::Duration;

use reqwest::{
    RequestBuilder,
    header::{HeaderName, HeaderValue},
};

use crate::{Answer, Error, HttpClient, Result, redirect};

/// A call that is being put together. Nothing leaves before [`Call::send`].
#[must_use = "a call that is not sent does nothing"]
pub struct Call {
    http: HttpClient,
    builder: RequestBuilder,
    redirects: usize,
}

impl Call {
    pub(crate) const fn new(http: HttpClient, builder: RequestBuilder) -> Self {
        Self { http, builder, redirects: 0 }
    }

    fn with(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { builder: change(self.builder), ..self }
    }

    /// Adds a header.
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with(|builder| builder.header(name, value))
    }

    /// Adds a header whose value is a secret. Errors show at [`Call::send`].
    pub fn secret_header(self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::try_from(value).map(|mut value| {
            value.set_sensitive(true);
            value
        });
        self.with(|builder| match value {
            Ok(value) => builder.header(name, value),
            // Lets the builder keep the error, which holds no value.
            Err(_) => builder.header(name, "\n"),
        })
    }

    /// Adds `Authorization: Bearer`.
    pub fn bearer(self, token: &str) -> Self {
        self.secret_header(reqwest::header::AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// Sends this as a JSON body.
    pub fn json<T: serde::Serialize + ?Sized>(self, body: &T) -> Self {
        self.with(|builder| builder.json(body))
    }

    /// Sends these bytes as the body.
    pub fn body(self, body: impl Into<bytes::Bytes>) -> Self {
        self.with(|builder| builder.body(body.into()))
    }

    /// Bounds the call from its first to the last byte of its answer; each redirect counts anew.
    pub fn timeout(self, total: Duration) -> Self {
        self.with(|builder| builder.timeout(total))
    }

    /// Follows at most this many redirects, each judged anew; credentials stay at their origin.
    pub fn follow(self, redirects: usize) -> Self {
        Self { redirects, ..self }
    }

    /// Sends it, and gives the answer once its head is there, whatever its status.
    pub async fn send(self) -> Result<Answer> {
        let mut request = self.builder.build().map_err(Error::from_http)?;
        for _ in 0..self.redirects {
            let Some(again) = request.try_clone() else {
                return Err(Error::Redirect("the body cannot be sent twice"));
            };
            let response = self.http.send(request).await?;
            match redirect::next(again, &response)? {
                Some(next) => request = next,
                None => return Ok(Answer::new(response)),
            }
        }
        let response = self.http.send(request).await?;
        if self.redirects > 0 && redirect::is_redirect(&response) {
            return Err(Error::Redirect("there were too many"));
        }
        Ok(Answer::new(response))
    }
}
