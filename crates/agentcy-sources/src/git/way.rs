//! The way to one server: our client, the login, the bounds, and what went wrong.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use agentcy_egress::{Answer, HttpClient};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use url::Url;

use super::{config::Login, limits::Limits, sink::Stop};
use crate::Error;

const REDIRECTS: usize = 3;

/// What will be sent.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The way to one server.
pub(super) struct Way {
    pub(super) http: HttpClient,
    pub(super) runtime: Handle,
    pub(super) url: Url,
    pub(super) login: Option<Login>,
    pub(super) limits: Limits,
    pub(super) until: Instant,
    pub(super) stop: Stop,
    pub(super) failure: Mutex<Option<Error>>,
}

impl Way {
    /// What went wrong on the way, told in our own words.
    pub(super) fn failure(&self) -> Option<Error> {
        lock(&self.failure).take()
    }

    /// Keeps the true reason here; gix is told only that there is one.
    pub(super) fn fail(&self, error: Error) -> io::Error {
        let told = io::Error::other(error.to_string());
        lock(&self.failure).get_or_insert(error);
        told
    }

    fn left(&self) -> io::Result<Duration> {
        if self.stop.is_set() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.fail(slow())) } else { Ok(left) }
    }

    pub(super) fn send(&self, question: &Question, body: Vec<u8>) -> io::Result<Answer> {
        let mut call = self.http.call(question.method.clone(), question.url.clone());
        for (name, value) in &question.headers {
            call = call.header(name.clone(), value.clone());
        }
        if let Some(login) =
            self.login.as_ref().filter(|_| question.url.origin() == self.url.origin())
        {
            call = call.secret_header(AUTHORIZATION, basic(login).expose_secret());
        }
        call = match question.method {
            Method::GET => call.follow(REDIRECTS),
            _ => call.body(body),
        };
        let answer = self.runtime.block_on(call.timeout(self.left()?).send());
        let answer = answer.map_err(|error| self.fail(error.into()))?;
        match refusal(answer.status(), self.login.is_some()) {
            Some(error) => Err(self.fail(error)),
            None => Ok(answer),
        }
    }

    pub(super) fn chunk(&self, answer: &mut Answer) -> io::Result<Option<Bytes>> {
        let wait = self.left()?.min(self.limits.idle);
        let chunk =
            self.runtime.block_on(async { tokio::time::timeout(wait, answer.chunk()).await });
        match chunk {
            Ok(chunk) => chunk.map_err(|error| self.fail(error.into())),
            Err(_) => Err(self.fail(slow())),
        }
    }
}

fn slow() -> Error {
    Error::Unavailable("the server takes too long".into())
}

fn basic(login: &Login) -> SecretString {
    let (user, password) = (login.user.expose_secret(), login.password.expose_secret());
    SecretString::from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn refusal(status: StatusCode, login: bool) -> Option<Error> {
    let refused = |message: &str| Some(Error::Refused(message.to_owned()));
    match status.as_u16() {
        200 => None,
        401 | 403 if login => refused("the server does not take the credentials"),
        401 | 403 => refused("the server asks for credentials"),
        404 | 410 => refused("there is no repository at the URL, or not for these credentials"),
        429 | 500..=599 => Some(Error::Unavailable(format!("the server answered {status}").into())),
        _ => refused(&format!("the server answered {status}")),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
