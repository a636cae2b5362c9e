//! The guarded way out: every outgoing connection is judged where it really goes.
//!
//! Users and models name the places that connectors, webhooks and model calls go to. A name may
//! resolve to the metadata service of a cloud, a redirect may lead to a database next door, and
//! between a check and a connection the answer of the name server may change. So there is one way
//! out: resolve, judge each address, connect to that very address. HTTP, git and PostgreSQL all
//! leave through [`Egress`]. What it gives names addresses at most, never a URL or a header.

mod answer;
mod call;
mod dial;
mod error;
mod http;
mod judge;
mod redirect;

use std::{net::IpAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use tokio::net::TcpStream;

pub use answer::Answer;
pub use call::Call;
pub use error::{Error, Result};
pub use http::HttpClient;

/// How long the parts of a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Looking a name up.
    pub resolve: Duration,
    /// Connecting to one address.
    pub connect: Duration,
    /// An HTTP call from its first to its last byte, unless the call says otherwise.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            total: Duration::from_mins(1),
        }
    }
}

/// The one way out. Cheap to clone; the clones share their HTTP connections.
#[derive(Debug, Clone)]
pub struct Egress {
    guard: Arc<judge::Guard>,
    limits: Limits,
    http: http::Shared,
}

impl Egress {
    /// A way out to public addresses and to those that are allowed although they are not public.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self::with_limits(allow, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(allow: Vec<IpNet>, limits: Limits) -> Self {
        let guard = Arc::new(judge::Guard::new(allow));
        Self { guard, limits, http: http::Shared::default() }
    }

    /// Whether calls may go to this address. Errors: `Blocked`.
    pub fn judge(&self, address: IpAddr) -> Result<()> {
        self.guard.judge(address)
    }

    /// Connects to a host: looks it up, and tries the addresses that calls may go to.
    pub async fn dial(&self, host: &str, port: u16) -> Result<TcpStream> {
        dial::dial(&self.guard, self.limits, host, port).await
    }

    /// The HTTP client. Errors: `Setup`, where the machine gives TLS nothing to work with.
    pub fn http(&self) -> Result<HttpClient> {
        let client = self.http.client(&self.guard, self.limits)?;
        Ok(HttpClient::new(client, Arc::clone(&self.guard)))
    }
}
