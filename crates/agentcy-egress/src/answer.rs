//! What came back, never more of it than asked for.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode, header::HeaderMap};
use url::Url;

use crate::{Error, Result};

/// The head of an answer; its body is still to be read.
#[derive(Debug)]
pub struct Answer(Response);

impl Answer {
    pub(crate) const fn new(response: Response) -> Self {
        Self(response)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Where the answer came from, after redirects.
    pub fn url(&self) -> &Url {
        self.0.url()
    }

    /// The next piece of the body, for answers that come bit by bit; the caller bounds their sum.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.0.chunk().await.map_err(Error::from_http)
    }

    /// The whole body. Errors: `TooLarge` once it passes the limit, `Timeout`, `Broken`.
    pub async fn read_bounded(mut self, limit: usize) -> Result<Bytes> {
        let announced = self.0.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > limit) {
            return Err(Error::TooLarge { limit });
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(Error::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// As much of the body as there is up to the limit, for showing what the other side said.
    pub async fn read_start(mut self, limit: usize) -> Result<Bytes> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limit {
                break;
            }
        }
        Ok(body.freeze())
    }
}
