//! Where a redirect leads, and what may go along.

use reqwest::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};
use url::Url;

use crate::{Error, Result};

pub(crate) fn is_redirect(response: &Response) -> bool {
    matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308)
        && response.headers().contains_key(LOCATION)
}

/// The request that follows, or `None` when the answer leads nowhere.
pub(crate) fn next(mut request: Request, response: &Response) -> Result<Option<Request>> {
    if !is_redirect(response) {
        return Ok(None);
    }
    let target = target(request.url(), response)?;
    if request.url().scheme() == "https" && target.scheme() != "https" {
        return Err(Error::Redirect("it leads from https to http"));
    }
    let rewinds = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
    );
    if rewinds && !matches!(*request.method(), Method::GET | Method::HEAD) {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        request.headers_mut().remove(CONTENT_TYPE);
        request.headers_mut().remove(CONTENT_LENGTH);
    }
    if target.origin() != request.url().origin() {
        if request.body().is_some() {
            return Err(Error::Redirect("it would take the body to another origin"));
        }
        // A key may be in any header, so only those stay that cannot hold one.
        let kept = [ACCEPT, ACCEPT_LANGUAGE];
        let headers = std::mem::take(request.headers_mut());
        let harmless = headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
        request.headers_mut().extend(harmless.filter(|(name, _)| kept.contains(name)));
    }
    *request.url_mut() = target;
    Ok(Some(request))
}

fn target(from: &Url, response: &Response) -> Result<Url> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| from.join(location).ok());
    let mut target = target.ok_or(Error::Redirect("its place cannot be read"))?;
    // A user and password in a Location are the other side's words, not our caller's.
    if target.set_username("").is_err() || target.set_password(None).is_err() {
        return Err(Error::Redirect("its place cannot be called"));
    }
    Ok(target)
}
