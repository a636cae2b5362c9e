//! Names to addresses to connections, with the judgement in between.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::TcpStream, time::timeout};

use crate::{Error, Limits, Result, judge::Guard};

/// How many addresses of one name are tried.
const TRIES: usize = 4;

/// The addresses of a host that calls may go to; at least one.
async fn permitted(
    guard: &Guard,
    limits: Limits,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>> {
    let found = timeout(limits.resolve, tokio::net::lookup_host((host, port)));
    let found = found.await.map_err(|_| Error::Timeout)?.map_err(Error::Resolve)?;
    let mut refused: Option<IpAddr> = None;
    let mut permitted = Vec::new();
    for address in found {
        match guard.judge(address.ip()) {
            Ok(()) => permitted.push(address),
            Err(_) => refused = Some(address.ip()),
        }
    }
    match refused {
        Some(address) if permitted.is_empty() => Err(Error::Blocked(address)),
        None if permitted.is_empty() => Err(Error::Resolve(std::io::ErrorKind::NotFound.into())),
        _ => Ok(permitted),
    }
}

pub(crate) async fn dial(
    guard: &Guard,
    limits: Limits,
    host: &str,
    port: u16,
) -> Result<TcpStream> {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let mut last = Error::Timeout;
    for address in permitted(guard, limits, host, port).await?.into_iter().take(TRIES) {
        last = match timeout(limits.connect, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => Error::Connect(error.into()),
            Err(_) => Error::Timeout,
        };
    }
    Err(last)
}

/// The same judgement as the resolver of the HTTP client.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) guard: Arc<Guard>,
    pub(crate) limits: Limits,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, limits) = (Arc::clone(&self.guard), self.limits);
        Box::pin(async move {
            // Port 0 means that of the URL.
            let addresses = permitted(&guard, limits, name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
