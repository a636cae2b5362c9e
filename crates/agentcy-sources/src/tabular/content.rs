//! The bytes of a file, fetched or uploaded.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use http::{HeaderValue, header::AUTHORIZATION};
use secrecy::ExposeSecret;
use url::Url;

use crate::{Credentials, Error, Job, Result, settings};

/// The most that is fetched, in bytes; as much as may be uploaded.
const MAX_FETCH: usize = 64 << 20;
const MAX_REDIRECTS: usize = 5;
const PATIENCE: Duration = Duration::from_mins(10);

/// Refuses credentials that cannot be sent.
pub(crate) fn check_credentials(credentials: &Credentials) -> Result<()> {
    for (name, secret) in credentials {
        let path = || format!("credentials.{name}");
        if name != "authorization" {
            return Err(settings::invalid(path(), "unknown; there is `authorization`"));
        }
        if HeaderValue::from_str(secret.expose_secret()).is_err() {
            return Err(settings::invalid(path(), "what a header can hold"));
        }
    }
    Ok(())
}

/// The file, as it comes.
pub(crate) fn open(job: Job<'_>, url: Option<Url>) -> BoxStream<'_, Result<Bytes>> {
    match (url, job.content) {
        (Some(url), _) => fetch(job, url).boxed(),
        (None, Some(content)) => content.read(),
        (None, None) => {
            let nothing = Error::Refused("nothing has been uploaded yet".to_owned());
            futures_util::stream::iter([Err(nothing)]).boxed()
        }
    }
}

fn fetch(job: Job<'_>, url: Url) -> impl futures_util::Stream<Item = Result<Bytes>> {
    async_stream::try_stream! {
        let mut call = job.egress.http()?.get(url).follow(MAX_REDIRECTS).timeout(PATIENCE);
        if let Some(secret) = job.credentials.get("authorization") {
            call = call.secret_header(AUTHORIZATION, secret.expose_secret());
        }
        let mut answer = call.send().await?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            Err(Error::Unavailable(format!("the server answered {status}").into()))?;
        }
        if status.as_u16() != 200 {
            Err(Error::Refused(format!("the server answered {status}")))?;
        }
        let mut total = 0;
        let mut is_blank = true;
        while let Some(piece) = answer.chunk().await? {
            total += piece.len();
            if total > MAX_FETCH {
                Err(agentcy_egress::Error::TooLarge { limit: MAX_FETCH })?;
            }
            is_blank &= piece.iter().all(u8::is_ascii_whitespace);
            yield piece;
        }
        // A server that has no records says so: `[]`, or the names of the columns.
        if is_blank {
            Err(Error::Refused("the server answered with an empty file".to_owned()))?;
        }
    }
}
