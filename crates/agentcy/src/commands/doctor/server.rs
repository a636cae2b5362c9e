//! A running server, asked how it is.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use agentcy_core::Chain;
use agentcy_sdk::{Client, Error, Health, Readiness};
use url::Url;

use super::report::Check;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Where a server that listens here is found from this machine.
fn near(mut bind: SocketAddr) -> anyhow::Result<Url> {
    if bind.ip().is_unspecified() {
        let local = match bind {
            SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
        };
        bind.set_ip(local);
    }
    Ok(Url::parse(&format!("http://{bind}"))?)
}

/// Asks whether it is ready, and how it is.
pub(super) async fn ask(url: &Url) -> Vec<Check> {
    let name = "server";
    let client = match Client::new(url.clone()) {
        Ok(client) => client.with_timeout(TIMEOUT),
        Err(error) => {
            return vec![Check::fail(name, error.to_string(), "give --url http://host:port")];
        }
    };
    match client.ready().await {
        Ok(readiness) => {
            let mut checks = judge(url, &readiness);
            checks.push(healthy(client.health().await));
            checks
        }
        Err(error) => vec![unreachable(&error)],
    }
}

/// Asks the one that listens here.
pub(super) async fn ask_near(bind: SocketAddr) -> Vec<Check> {
    match near(bind) {
        Ok(url) => ask(&url).await,
        Err(error) => vec![Check::fail("server", error.to_string(), "see AGENTCY_BIND")],
    }
}

/// Whether one of ours listens there.
pub(super) async fn is_ours(bind: SocketAddr) -> bool {
    let Some(client) = near(bind).ok().and_then(|url| Client::new(url).ok()) else { return false };
    client.with_timeout(TIMEOUT).ready().await.is_ok()
}

fn judge(url: &Url, readiness: &Readiness) -> Vec<Check> {
    let mut checks = vec![match readiness.status.as_str() {
        "ok" => Check::ok("server", format!("{url} is ready")),
        "draining" => {
            Check::fail("server", format!("{url} is stopping"), "wait, or start it again")
        }
        _ => Check::fail("server", format!("{url} is not ready"), "see what is down below"),
    }];
    for (name, state) in &readiness.checks {
        let engine = match name.as_str() {
            "neo4j" => readiness.engines.get("graph"),
            "redis" => readiness.engines.get("bus"),
            _ => None,
        };
        let says = engine.map_or_else(|| state.clone(), |engine| format!("{state} ({engine})"));
        checks.push(match state.as_str() {
            "down" => {
                Check::fail(name, says, "run `agentcy doctor` beside the server, with its settings")
            }
            _ => Check::ok(name, says),
        });
    }
    checks
}

fn healthy(health: Result<Health, Error>) -> Check {
    let Health { status, features, .. } = match health {
        Ok(health) => health,
        Err(error) => return unreachable(&error),
    };
    let on: Vec<_> =
        features.iter().filter(|(_, on)| **on).map(|(name, _)| name.as_str()).collect();
    let features = if on.is_empty() { "none".to_owned() } else { on.join(", ") };
    let says = format!("{status}; features that are on: {features}");
    if status == "ok" {
        Check::ok("health", says)
    } else {
        Check::warn("health", says, "see what is down above")
    }
}

fn unreachable(error: &Error) -> Check {
    let mend = match error {
        Error::Unreachable { .. } => {
            "start it with `agentcy serve`, or give its address with --url"
        }
        Error::Timeout { .. } => "look at the log of the server",
        Error::Redirected { .. } => "give that address with --url",
        _ => "give the address of an agentcy server with --url",
    };
    Check::fail("server", Chain(error).to_string(), mend)
}
