//! Whether the server runs, and what it stands on.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Client, Error};

/// The state of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// `ok`, or `degraded` when a dependency is down.
    pub status: String,
    /// Which features the environment has on.
    #[serde(default)]
    pub features: BTreeMap<String, bool>,
    /// Each dependency: `ok`, `reachable` (set up, not asked) or `down`.
    #[serde(default)]
    pub dependencies: BTreeMap<String, String>,
}

/// Whether the server takes requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Readiness {
    /// `ok`, `down` when a dependency is, `draining` while it stops.
    pub status: String,
    /// Each dependency: `ok`, `reachable` (set up, not asked) or `down`.
    #[serde(default)]
    pub checks: BTreeMap<String, String>,
    /// Which engines are in use.
    #[serde(default)]
    pub engines: BTreeMap<String, String>,
}

impl Readiness {
    /// Whether it takes requests.
    pub fn is_ready(&self) -> bool {
        self.status == "ok"
    }
}

impl Client {
    /// The state of the service. Needs no token.
    pub async fn health(&self) -> Result<Health, Error> {
        self.get(&["health"]).anonymous().read().await
    }

    /// Whether the server takes requests. Needs no token; not being ready is an answer, no error.
    pub async fn ready(&self) -> Result<Readiness, Error> {
        let call = self.get(&[]).at_root(&["readyz"]).anonymous().at_once();
        let answer = call.send().await?;
        if answer.is_unavailable() { answer.decode() } else { answer.accepted()?.decode() }
    }
}
