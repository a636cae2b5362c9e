//! What is known of a request before anybody asks who sent it.

use std::net::{IpAddr, SocketAddr};

use agentcy_core::id::EventId;
use axum::extract::{ConnectInfo, Request};
use http::HeaderMap;
use ipnet::IpNet;

use crate::state::AppState;

/// The request's own id and where it came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meta {
    /// The client's, when it is sane, else ours.
    pub(crate) request_id: String,
    /// The client's address as far as trusted proxies vouch for it.
    pub(crate) ip: Option<IpAddr>,
    /// The trace that the request belongs to (W3C Trace Context), for logs.
    pub(crate) trace_id: Option<String>,
}

impl Meta {
    /// Reads it off a request.
    pub(crate) fn of(request: &Request, app: &AppState) -> Self {
        let headers = request.headers();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Self {
            request_id: request_id(headers).unwrap_or_else(|| {
                let id: EventId = app.platform.new_id();
                format!("req_{}", uuid::Uuid::from(id))
            }),
            ip: client_ip(peer, headers, &app.setup.trusted_proxies),
            trace_id: trace_id(headers),
        }
    }
}

/// 1 to 128 characters that are safe in a log and a header.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-request-id")?.to_str().ok()?;
    let sane = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    ((1..=128).contains(&text.len()) && text.bytes().all(sane)).then(|| text.to_owned())
}

/// The rightmost address that is not a trusted proxy; without trust in the peer, the peer.
fn client_ip(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer?.to_canonical();
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    if !is_trusted(peer) {
        return Some(peer);
    }
    let lines = headers.get_all("x-forwarded-for").iter();
    let hops: Vec<_> =
        lines.filter_map(|line| line.to_str().ok()).flat_map(|l| l.split(',')).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        // What a proxy did not write as an address ends what can be believed.
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        client = ip.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

/// The trace id of `traceparent`, <https://www.w3.org/TR/trace-context/>.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let is_hex =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let fits = version.len() == 2 && version != "ff" && trace.len() == 32 && is_hex(trace);
    (fits && trace.bytes().any(|b| b != b'0')).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_client_is() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let forwarded = headers(&[("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2")]);
        let ip = |text: &str| Some(text.parse().unwrap());
        assert_eq!(client_ip(ip("10.0.0.1"), &forwarded, &trusted), ip("203.0.113.9"));
        assert_eq!(client_ip(ip("198.51.100.1"), &forwarded, &trusted), ip("198.51.100.1"));
        assert_eq!(client_ip(ip("10.0.0.1"), &forwarded, &[]), ip("10.0.0.1"));
        let garbage = headers(&[("x-forwarded-for", "6.6.6.6, nonsense")]);
        assert_eq!(client_ip(ip("10.0.0.1"), &garbage, &trusted), ip("10.0.0.1"));
    }

    #[test]
    fn a_strange_request_id_is_not_taken_over() {
        assert_eq!(request_id(&headers(&[("x-request-id", "abc-1")])), Some("abc-1".into()));
        for bad in ["", "a b", "<script>", &"a".repeat(129)] {
            assert_eq!(request_id(&headers(&[("x-request-id", bad)])), None, "{bad}");
        }
    }

    #[test]
    fn a_trace_id_is_taken_only_in_its_form() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(trace_id(&headers(&[("traceparent", good)])).is_some());
        for bad in ["", "00-xyz-1-1", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(trace_id(&headers(&[("traceparent", bad)])), None, "{bad}");
        }
    }
}
