//! The way out against real listeners on this machine.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

mod bodies;
mod dialing;
mod http;
mod redirects;
mod server;

use agentcy_egress::{Egress, HttpClient};
use url::Url;

/// A way out that is also allowed to these ranges.
fn egress(allow: &[&str]) -> Egress {
    Egress::new(allow.iter().map(|net| net.parse().unwrap()).collect())
}

fn http(allow: &[&str]) -> HttpClient {
    egress(allow).http().unwrap()
}

fn url(text: impl AsRef<str>) -> Url {
    text.as_ref().parse().unwrap()
}
