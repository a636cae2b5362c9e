//! The Redis and the Neo4j that `cargo xtask test` brings, reached at any address.

#![expect(clippy::expect_used, reason = "a test without its server has failed")]

use std::{
    env,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use agentcy_bus::Bus;
use agentcy_graph::{GraphStore, Neo4j, neo4j::Settings};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;
use uuid::Uuid;

use crate::{clock::SeededEntropy, postgres::TestDb};

/// A server that a test may put a proxy in front of.
#[derive(Debug, Clone)]
pub struct Outside {
    url: Url,
}

impl Outside {
    /// The server of `AGENTCY_TEST_REDIS`.
    pub fn redis() -> Self {
        Self { url: setting("AGENTCY_TEST_REDIS").parse().expect("a URL of Redis") }
    }

    /// The server of `AGENTCY_TEST_NEO4J`.
    pub fn neo4j() -> Self {
        Self { url: setting("AGENTCY_TEST_NEO4J").parse().expect("a URL of Neo4j") }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        let host = self.url.host_str().expect("a host");
        let port = self.url.port().expect("a port");
        (host, port).to_socket_addrs().expect("a server").next().expect("an address")
    }

    fn at(&self, address: SocketAddr) -> Url {
        let mut url = self.url.clone();
        url.set_ip_host(address.ip()).expect("an address");
        url.set_port(Some(address.port())).expect("a port");
        url
    }

    /// A bus over it, reached at this address, for the platform of one test database.
    pub fn bus(&self, address: SocketAddr, database: &TestDb) -> Bus {
        let prefix = database.name.rsplit('_').next().unwrap_or_default();
        let entropy = Arc::new(SeededEntropy::new(2));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Bus::redis(self.at(address).as_str(), prefix, entropy, &tasks, stop).expect("a bus")
    }

    /// A graph over it, reached at this address.
    pub fn graph(&self, address: SocketAddr) -> Arc<dyn GraphStore> {
        let user = setting("AGENTCY_TEST_NEO4J_USER");
        let password = setting("AGENTCY_TEST_NEO4J_PASSWORD").into();
        let settings = Settings::new(self.at(address).as_str(), user, password);
        Arc::new(Neo4j::open(settings, Uuid::from_u128(1)).expect("a graph"))
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are set up by the environment")]
fn setting(name: &str) -> String {
    env::var(name).expect("cargo xtask test brings it")
}
