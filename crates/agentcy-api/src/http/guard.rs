//! Requests that are refused for where they come from: foreign hosts, the default password away from home, and
//! cookies on requests of another site.

use std::{convert::Infallible, net::SocketAddr};

use agentcy_core::ErrorCode;
use agentcy_platform::auth::default_login_in_force;
use aide::OperationInput;
use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, Method, Uri, header, request::Parts};
use url::Url;

use crate::{error::ApiError, http::limit, state::AppState};

/// Before all routes but those of probes and pages, in one layer: where a request comes from, and whether the server
/// drains. Remembers the route as [`remember_route`](crate::http::outermost::remember_route) does.
pub(crate) async fn entrance(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let judged = judge(&app, &request).and_then(|()| limit::draining(&app));
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// Judges `Host`, and whether the default password may be used from there.
pub(crate) async fn place(State(app): State<AppState>, request: Request, next: Next) -> Response {
    match judge(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn judge(app: &AppState, request: &Request) -> Result<(), ApiError> {
    let host = host(request.headers(), request.uri());
    let host = host.as_deref();
    let allowed = &app.setup.allowed_hosts;
    let is_allowed = |host: &str| {
        allowed.is_empty() || allowed.iter().any(|name| name.eq_ignore_ascii_case(host))
    };
    if !host.map_or(allowed.is_empty(), is_allowed) {
        return Err(ApiError::new(ErrorCode::NotFound, "no such host"));
    }
    if default_login_in_force(&app.platform)
        && Locality::of(request.extensions(), request.headers(), host) == Locality::Elsewhere
    {
        let message = "the default password is only good on this machine; change it first";
        return Err(ApiError::new(ErrorCode::DefaultLoginLocalOnly, message));
    }
    Ok(())
}

/// The one host a request names, without its port. A request that names two is as good as one that names none.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let named = headers.get_all(header::HOST).iter().map(|value| value.to_str().ok());
    let mut named = named.chain(uri.authority().map(|own| Some(own.as_str())));
    let first = bare(named.next()??)?;
    named.all(|other| other.and_then(bare).as_ref() == Some(&first)).then_some(first)
}

/// Host and port as they may stand in a request, without the port: no user, no path.
fn bare(text: &str) -> Option<String> {
    if text.contains(['@', '/', '\\', '?', '#']) {
        return None;
    }
    Some(Url::parse(&format!("http://{text}/")).ok()?.host_str()?.to_owned())
}

fn is_loopback_name(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback_address = bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_loopback_address || bare == "localhost" || bare.ends_with(".localhost")
}

/// Whether a request was made on this machine, for this machine, as far as can be seen: a proxy that hides itself
/// cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locality {
    Here,
    Elsewhere,
}

impl Locality {
    fn of(extensions: &Extensions, headers: &HeaderMap, host: Option<&str>) -> Self {
        // What a client says of itself counts only against it.
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let is_near = peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
        let is_forwarded = headers
            .keys()
            .any(|name| name == header::FORWARDED || name.as_str().starts_with("x-forwarded-"));
        let has_foreign_origin = headers.get_all(header::ORIGIN).iter().any(|origin| {
            let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
            !origin.and_then(|url| url.host_str().map(is_loopback_name)).unwrap_or(false)
        });
        let is_addressed_here = host.is_some_and(is_loopback_name);
        if is_near && is_addressed_here && !is_forwarded && !has_foreign_origin {
            Self::Here
        } else {
            Self::Elsewhere
        }
    }
}

impl FromRequestParts<AppState> for Locality {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let host = host(&parts.headers, &parts.uri);
        Ok(Self::of(&parts.extensions, &parts.headers, host.as_deref()))
    }
}

impl OperationInput for Locality {}

/// Whether a request under a cookie comes from our own pages, by `Sec-Fetch-Site` or `Origin`.
pub(crate) fn is_same_origin(headers: &HeaderMap, uri: &Uri, public_url: &Url) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let Ok(origin) = Url::parse(origin) else { return false };
    if origin.origin() == public_url.origin() {
        return true;
    }
    // Behind no proxy the page may have been opened under another name of this machine.
    let own = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let own = own.or(uri.authority().map(http::uri::Authority::as_str));
    own.and_then(|own| Url::parse(&format!("{}://{own}/", public_url.scheme())).ok())
        .is_some_and(|own| own.origin() == origin.origin())
}

/// Whether a request under a cookie must come from our own pages.
pub(crate) fn needs_same_origin(method: &Method, headers: &HeaderMap) -> bool {
    let is_stream = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let is_upgrade = headers.contains_key(header::UPGRADE);
    !method.is_safe() || is_stream || is_upgrade
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn locality(peer: &str, pairs: &[(&'static str, &str)], host: &str) -> Locality {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4000)));
        Locality::of(&extensions, &headers(pairs), Some(host))
    }

    #[test]
    fn a_request_is_of_this_machine_only_where_nothing_speaks_against_it() {
        let from_here = |pairs, host| locality("127.0.0.1", pairs, host);
        assert_eq!(from_here(&[], "localhost"), Locality::Here);
        assert_eq!(from_here(&[("origin", "http://127.0.0.1:8080")], "127.0.0.1"), Locality::Here);
        assert_eq!(from_here(&[], "[::1]"), Locality::Here);
        assert_eq!(from_here(&[], "agentcy.example.com"), Locality::Elsewhere);
        assert_eq!(from_here(&[], "localhost.example.com"), Locality::Elsewhere);
        for strange in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=127.0.0.1"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let found = locality("127.0.0.1", &[strange], "localhost");
            assert_eq!(found, Locality::Elsewhere, "{strange:?}");
        }
    }

    #[test]
    fn who_says_to_be_of_this_machine_must_come_from_it() {
        for peer in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(locality(peer, &[], "localhost"), Locality::Here, "{peer}");
        }
        for peer in ["203.0.113.9", "10.0.0.1", "2001:db8::1", "::ffff:203.0.113.9"] {
            assert_eq!(locality(peer, &[], "localhost"), Locality::Elsewhere, "{peer}");
        }
        let of_nowhere = Locality::of(&Extensions::new(), &HeaderMap::new(), Some("localhost"));
        assert_eq!(of_nowhere, Locality::Elsewhere);
    }

    #[test]
    fn a_request_names_one_host_and_nothing_else() {
        fn named(pairs: &[(&'static str, &str)], uri: &'static str) -> Option<String> {
            host(&headers(pairs), &Uri::from_static(uri))
        }
        assert_eq!(named(&[("host", "localhost:8080")], "/").as_deref(), Some("localhost"));
        assert_eq!(named(&[], "http://[::1]:80/").as_deref(), Some("[::1]"));
        assert_eq!(named(&[("host", "a.b")], "http://a.b:80/").as_deref(), Some("a.b"));
        assert_eq!(named(&[("host", "localhost")], "http://evil.example/"), None);
        for bad in
            ["", "evil.example@localhost", "localhost/x", "localhost?x", "localhost#x", "a b"]
        {
            assert_eq!(named(&[("host", bad)], "/"), None, "{bad}");
        }
        let mut two = headers(&[("host", "localhost")]);
        two.append(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(host(&two, &Uri::from_static("/")), None);
        assert_eq!(named(&[], "/"), None);
    }

    #[test]
    fn a_cookie_works_only_from_our_own_pages() {
        let url = Url::parse("https://agentcy.example.com").unwrap();
        let uri = Uri::from_static("/");
        let same = |pairs| is_same_origin(&headers(pairs), &uri, &url);
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[("origin", "https://agentcy.example.com")]));
        assert!(same(&[("origin", "https://other.name"), ("host", "other.name")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(!same(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://agentcy.example.com")
        ]));
        assert!(!same(&[("origin", "https://evil.example"), ("host", "agentcy.example.com")]));
        assert!(!same(&[]));
    }
}
